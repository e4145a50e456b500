//! Keys and responses whose own code panics, at each place where it is called.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::support::services::panics;

/// Counts down to the one call that panics; 0 for none.
#[derive(Clone, Debug, Default)]
struct Fuse(Arc<AtomicUsize>);

impl Fuse {
    fn set(&self, calls: usize) {
        self.0.store(calls, Ordering::SeqCst);
    }

    /// Whether it has gone off.
    fn is_out(&self) -> bool {
        self.0.load(Ordering::SeqCst) == 0
    }

    fn burn(&self) {
        let before = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        assert!(before != Ok(1), "a call of bad luck");
    }
}

/// Something of the user's.
#[derive(Debug)]
struct Brittle(u32, Fuse);

impl Clone for Brittle {
    fn clone(&self) -> Self {
        self.1.burn();
        Self(self.0, self.1.clone())
    }
}

impl Hash for Brittle {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.1.burn();
        self.0.hash(hasher);
    }
}

impl PartialEq for Brittle {
    fn eq(&self, other: &Self) -> bool {
        self.1.burn();
        self.0 == other.0
    }
}

impl Eq for Brittle {}

/// Whose own code panics.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Whose {
    Keys,
    Responses,
}

/// Misses, hits, refreshes and throws away, while the fuse burns. Says whether it went off.
async fn survives(calls: usize, whose: Whose) -> bool {
    let fuse = Fuse::default();
    let fuse_of = |one: Whose| if one == whose { fuse.clone() } else { Fuse::default() };
    let (of_keys, of_responses) = (fuse_of(Whose::Keys), fuse_of(Whose::Responses));
    let made = of_keys.clone();
    let key = move |request: &u32| Brittle(request % 100, made.clone());
    let layer = CacheLayer::builder("catalog", key).ttl(10 * SECOND).ttl_jitter(0.0).early(0.0);
    let layer = layer.stale_while_revalidate(60 * SECOND).max_refreshes(1).build().expect("all settings are legal");
    let (handle, inner) = (layer.handle(), Inner::default());
    let below = inner.clone();
    let service = layer.layer(service_fn(move |request: u32| {
        let (call, fuse) = (below.clone().oneshot(request), of_responses.clone());
        async move { call.await.map(|number| Brittle(number, fuse)) }
    }));
    let ask = |request| {
        panics(|| {
            let mut call = spawn(service.clone().call(request));
            assert!(call.poll().is_ready());
        })
    };
    fuse.set(calls);
    let mut has_panicked = ask(7) | ask(107) | ask(8);
    advance(10 * SECOND).await;
    has_panicked |= ask(207);
    settle().await;
    has_panicked |= panics(|| handle.invalidate(&Brittle(8, of_keys.clone()))) | ask(108);
    let went_off = fuse.is_out();
    fuse.set(0);
    assert!(went_off || !has_panicked, "nothing else panics");
    for request in [7, 8, 9] {
        let response = service.clone().oneshot(request).await.expect("the service is well");
        assert_eq!(response.0 % 100, request, "{whose:?} {calls}");
    }
    settle().await;
    assert_eq!((inner.alive(), handle.snapshot().refreshing), (0, 0), "{whose:?} {calls}");
    advance(100 * SECOND).await;
    let response = service.clone().oneshot(307).await.expect("the service is well");
    assert_eq!(response.0, 307, "{whose:?} {calls}");
    went_off
}

#[tokio::test(start_paused = true)]
async fn what_panics_anywhere_leaves_the_cache_whole() {
    for (whose, least) in [(Whose::Keys, 20), (Whose::Responses, 3)] {
        let mut calls = 1;
        while survives(calls, whose).await {
            calls += 1;
        }
        println!("{whose:?}: {} calls of what may panic", calls - 1);
        assert!(calls > least, "{whose:?} {calls}");
    }
}
