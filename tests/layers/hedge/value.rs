//! What a hedge is worth, beside tower's in one run.

use std::cell::RefCell;

use futures_util::future::join_all;
use tower::BoxError;
use tower::hedge::{Hedge, Policy};

use super::*;
use crate::support::services::poll_ready;

const CALLS: usize = 20_000;

/// A generator of numbers that a seed repeats: one of them in so many is slow.
#[derive(Debug)]
struct Draws(AtomicUsize);

impl Draws {
    /// `SplitMix64`.
    fn next(&self) -> usize {
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// What callers and the service saw.
#[derive(Debug)]
struct Worth {
    p99: Duration,
    /// Calls that the service got, by those that callers made.
    load: f64,
}

/// Makes calls at 100 a second to a service that takes 10 ms, and once in 50 a second.
async fn worth<S>(seed: usize, hedged: impl FnOnce(Slow) -> S) -> Worth
where
    S: Service<u32, Response = u32, Error: Into<BoxError>>,
{
    let draws = Arc::new(Draws(AtomicUsize::new(seed)));
    let service: Slow = strict(Box::leak(Box::new(move |_| {
        let time = if draws.next() % 50 == 0 { SECOND } else { 10 * MILLI };
        async move {
            sleep(time).await;
            Ok(200)
        }
        .boxed()
    })));
    let calls = service.calls();
    // tower's is not `Clone`.
    let service = RefCell::new(hedged(service));
    let start = now();
    let each = (0..CALLS).map(|number| {
        let service = &service;
        async move {
            tokio::time::sleep_until(start + u32::try_from(number).unwrap() * 10 * MILLI).await;
            let begun = now();
            assert!(matches!(poll_ready(&mut *service.borrow_mut()), Poll::Ready(Ok(()))));
            let call = service.borrow_mut().call(7);
            call.await.map_err(Into::into).unwrap();
            now() - begun
        }
    });
    let mut times = join_all(each).await;
    times.sort_unstable();
    let load = f64::from(u32::try_from(calls.count()).unwrap()) / f64::from(u32::try_from(CALLS).unwrap());
    Worth { p99: times[CALLS * 99 / 100], load }
}

type Slow = crate::support::Strict<
    &'static (dyn Fn(u32) -> std::pin::Pin<Box<dyn Future<Output = Result<u32, Down>> + Send>> + Send + Sync),
>;

#[derive(Clone, Debug)]
struct CopyAll;

impl Policy<u32> for CopyAll {
    fn clone_request(&self, request: &u32) -> Option<u32> {
        Some(*request)
    }

    fn can_retry(&self, _: &u32) -> bool {
        true
    }
}

#[tokio::test(start_paused = true)]
async fn the_slowest_hundredth_is_cut_off_for_few_calls_more() {
    for seed in [1, 2, 3] {
        let bare = worth(seed, |service| service).await;
        let ours = worth(seed, |service| HedgeLayer::builder("search").build().unwrap().layer(service)).await;
        let towers = worth(seed, |service| Hedge::new(service, CopyAll, 20, 0.95, 30 * SECOND)).await;
        println!("seed {seed}: bare {bare:?}, ours {ours:?}, tower's {towers:?}");
        assert_eq!(bare.p99, SECOND, "without a hedge");
        assert!(ours.p99 < 60 * MILLI && ours.load < 1.06, "{ours:?}");
        assert!(ours.p99 <= towers.p99 + MILLI && ours.load <= towers.load, "{ours:?} beside tower's {towers:?}");
    }
}
