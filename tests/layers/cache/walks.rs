//! Whatever callers do, in whatever order: no answer is older than it may be, and no key is asked for twice at once.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use proptest::collection::vec;
use proptest::prelude::*;
use tokio::time::Instant;

use super::*;
use crate::support::{now, paused};

/// A call that the service was sent. Its response is its number.
#[derive(Debug, Default)]
struct Sent {
    key: u32,
    /// How it ends, once that is said.
    end: Option<Result<(), Down>>,
    returned: Option<Instant>,
    is_alive: bool,
    waker: Option<Waker>,
}

#[derive(Clone, Default)]
struct Origin(Arc<Mutex<Vec<Sent>>>);

struct Calling(Origin, u32);

impl Origin {
    fn send(&self, key: u32) -> Calling {
        let sent = &mut *self.0.lock().expect("nobody panics under it");
        sent.push(Sent { key, is_alive: true, ..Sent::default() });
        Calling(self.clone(), u32::try_from(sent.len() - 1).expect("there are few"))
    }

    fn with<T>(&self, call: u32, look: impl FnOnce(&mut Sent) -> T) -> T {
        look(&mut self.0.lock().expect("nobody panics under it")[call as usize])
    }

    fn count(&self) -> u32 {
        u32::try_from(self.0.lock().expect("nobody panics under it").len()).expect("there are few")
    }

    fn end(&self, call: u32, end: Result<(), Down>) {
        let waker = self.with(call, |sent| {
            sent.end.get_or_insert(end);
            sent.waker.take()
        });
        waker.into_iter().for_each(Waker::wake);
    }
}

impl Future for Calling {
    type Output = Result<u32, Down>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self(origin, call) = &*self;
        origin.with(*call, |sent| {
            let Some(end) = sent.end else {
                sent.waker = Some(cx.waker().clone());
                return Poll::Pending;
            };
            sent.returned = Some(now());
            Poll::Ready(end.map(|()| *call))
        })
    }
}

impl Drop for Calling {
    fn drop(&mut self) {
        self.0.with(self.1, |sent| sent.is_alive = false);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Call { key: u32 },
    Poll { caller: usize },
    Leave { caller: usize },
    End { call: u32, fails: bool },
    Wait { seconds: u32 },
    Invalidate { key: u32 },
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..2_u32).prop_map(|key| Step::Call { key }),
        6 => (0..9_usize).prop_map(|caller| Step::Poll { caller }),
        2 => (0..9_usize).prop_map(|caller| Step::Leave { caller }),
        6 => (0..9_u32, prop::bool::weighted(0.3)).prop_map(|(call, fails)| Step::End { call, fails }),
        4 => (0..15_u32).prop_map(|seconds| Step::Wait { seconds }),
        2 => (0..2_u32).prop_map(|key| Step::Invalidate { key }),
        1 => Just(Step::Clear),
    ];
    vec(step, 0..60)
}

struct Caller<F> {
    call: Spawn<F>,
    key: u32,
    came: Instant,
    /// The first call whose response it may get.
    first: u32,
}

/// Takes the steps.
async fn walk(steps: Vec<Step>) {
    let (origin, key): (_, Key) = (Origin::default(), |request| *request);
    let layer = CacheLayer::builder("catalog", key).ttl(10 * SECOND).early(0.0).seed(1).stale_if_error(20 * SECOND);
    let layer = layer.stale_while_revalidate(20 * SECOND).refresh_timeout(5 * SECOND).build().expect("it is legal");
    let (handle, below) = (layer.handle(), origin.clone());
    let service = layer.layer(service_fn(move |key| below.send(key)));
    let (mut callers, mut first) = (Vec::new(), BTreeMap::from([(0, 0), (1, 0)]));
    // The first call after anything was thrown away: two keys may share a mark, and then either is thrown away with the other.
    let mut since = 0;
    for step in steps {
        match step {
            Step::Call { key } => {
                let call = spawn(service.clone().call(key));
                callers.push(Caller { call, key, came: now(), first: first[&key] });
                poll(&origin, &mut callers, usize::MAX);
            }
            Step::Poll { caller } => poll(&origin, &mut callers, caller),
            Step::Leave { caller } if !callers.is_empty() => drop(callers.swap_remove(caller % callers.len())),
            Step::End { call, fails } if origin.count() > 0 => {
                let last = origin.count() - 1;
                origin.end(last.saturating_sub(call), if fails { Err(Down(1)) } else { Ok(()) });
            }
            Step::Wait { seconds } => advance(seconds * SECOND).await,
            Step::Invalidate { key } => {
                handle.invalidate(&key);
                since = origin.count();
                first.insert(key, since);
            }
            Step::Clear => {
                handle.clear();
                since = origin.count();
                for first in first.values_mut() {
                    *first = since;
                }
            }
            Step::Leave { .. } | Step::End { .. } => {}
        }
        settle().await;
        for key in first.keys() {
            let is_one = |call: &u32| origin.with(*call, |sent| sent.is_alive && sent.key == *key);
            assert!((since..origin.count()).filter(is_one).count() <= 1, "key {key} is asked for twice at once");
        }
    }
    callers.clear();
    advance(5 * SECOND).await;
    settle().await;
    assert!((0..origin.count()).all(|call| !origin.with(call, |sent| sent.is_alive)));
    assert_eq!(handle.snapshot().refreshing, 0);
}

/// Polls a caller, and looks at what it gets.
fn poll<F: Future<Output = Result<u32, Error>>>(origin: &Origin, callers: &mut Vec<Caller<F>>, at: usize) {
    let Some(last) = callers.len().checked_sub(1) else { return };
    let at = if at > last { last } else { at };
    let Poll::Ready(result) = callers[at].call.poll() else { return };
    let Caller { key, came, first, .. } = callers.swap_remove(at);
    let Ok(call) = result else { return };
    let (of, returned) = origin.with(call, |sent| (sent.key, sent.returned.expect("it has returned")));
    assert_eq!(of, key);
    assert!(call >= first, "{call} was thrown away before, and {first} is the first that may be given");
    assert!(came.saturating_duration_since(returned) < 30 * SECOND, "it is too old");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_is_too_old_and_no_key_is_asked_for_twice(steps in steps()) {
        paused(walk(steps));
    }
}
