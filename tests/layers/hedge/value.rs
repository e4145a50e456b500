//! What a hedge is worth, beside tower's in one run.

use std::cell::{Cell, RefCell};

use futures_util::future::join_all;
use tokio::time::sleep_until;
use tower::BoxError;
use tower::hedge::{Hedge, Policy};

use super::*;
use crate::support::services::poll_ready;

const CALLS: u32 = 12_000;
const WARM: u32 = 4_000;

/// How long a call takes, by the time that has passed and a number that was drawn.
type Time = fn(Duration, usize) -> Duration;

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

/// What callers and the service saw after the first minute, in which both learn how long calls take.
#[derive(Debug)]
struct Worth {
    p99: Duration,
    /// Calls that the service got, for each that callers made.
    load: f64,
}

type Slow =
    Strict<&'static (dyn Fn(u32) -> std::pin::Pin<Box<dyn Future<Output = Result<u32, Down>> + Send>> + Send + Sync)>;

/// Makes calls at 100 a second to a service whose calls take as long as drawn.
async fn worth<S>(seed: usize, time: Time, hedged: impl FnOnce(Slow) -> S) -> Worth
where
    S: Service<u32, Response = u32, Error: Into<BoxError>>,
{
    let (draws, start) = (Draws(AtomicUsize::new(seed)), now());
    let service: Slow = strict(Box::leak(Box::new(move |_| {
        let time = time(now() - start, draws.next());
        async move {
            sleep(time).await;
            Ok(200)
        }
        .boxed()
    })));
    let (calls, before) = (service.calls(), Cell::new(0));
    // tower's is not `Clone`.
    let service = RefCell::new(hedged(service));
    let call = async |number: u32| {
        sleep_until(start + number * 10 * MILLI).await;
        if number == WARM {
            before.set(calls.count());
        }
        let begun = now();
        assert!(matches!(poll_ready(&mut *service.borrow_mut()), Poll::Ready(Ok(()))));
        let call = service.borrow_mut().call(7);
        call.await.map_err(Into::into).unwrap();
        now() - begun
    };
    let mut times = join_all((0..CALLS).map(call)).await.split_off(WARM as usize);
    times.sort_unstable();
    let sent = u32::try_from(calls.count() - before.get()).unwrap();
    Worth { p99: times[times.len() * 99 / 100], load: f64::from(sent) / f64::from(CALLS - WARM) }
}

fn ours(service: Slow) -> impl Service<u32, Response = u32, Error = Error> {
    HedgeLayer::builder("search").build().unwrap().layer(service)
}

fn towers(service: Slow) -> impl Service<u32, Response = u32, Error = BoxError> {
    Hedge::new(service, CopyAll, 20, 0.95, 30 * SECOND)
}

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

/// One call in 50 takes a second, and the others 10 ms.
fn one_in_fifty(_: Duration, draw: usize) -> Duration {
    if draw % 50 == 0 { SECOND } else { 10 * MILLI }
}

/// The same, and for ten seconds all calls take a second.
fn slow_for_a_while(since: Duration, draw: usize) -> Duration {
    if (100 * SECOND..110 * SECOND).contains(&since) { SECOND } else { one_in_fifty(since, draw) }
}

/// Times that are drawn evenly, from 10 to 110 ms.
fn even(_: Duration, draw: usize) -> Duration {
    10 * MILLI + u32::try_from(draw % 100).unwrap() * MILLI
}

#[tokio::test(start_paused = true)]
async fn the_slowest_hundredth_is_cut_off_for_few_calls_more() {
    for seed in [1, 2, 3] {
        let bare = worth(seed, one_in_fifty, |service| service).await;
        let (ours, towers) = (worth(seed, one_in_fifty, ours).await, worth(seed, one_in_fifty, towers).await);
        println!("one in fifty: {bare:?}, ours {ours:?}, tower's {towers:?}");
        assert_eq!(bare.p99, SECOND, "without a hedge");
        assert!(ours.p99 < 60 * MILLI && ours.load < 1.06, "{ours:?}");
        // The timer counts whole milliseconds, and the edge of a bucket is a little more than ten.
        // The same calls are slow, but for what each hedge draws.
        assert!(
            ours.p99 <= towers.p99 + MILLI && ours.load < towers.load + 0.001,
            "{ours:?} beside tower's {towers:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_slow_as_a_whole_gets_few_calls_more() {
    for seed in [1, 2, 3] {
        let (ours, towers) = (worth(seed, slow_for_a_while, ours).await, worth(seed, slow_for_a_while, towers).await);
        println!("slow for a while: ours {ours:?}, tower's {towers:?}");
        assert!(ours.load < 1.06 && towers.load > 1.08 && ours.p99 <= towers.p99, "{ours:?} beside tower's {towers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_differ_evenly_are_hedged_less_often_than_by_tower() {
    for seed in [1, 2, 3] {
        let (ours, towers) = (worth(seed, even, ours).await, worth(seed, even, towers).await);
        println!("even: ours {ours:?}, tower's {towers:?}");
        let is_worth_it = ours.p99 <= towers.p99 + MILLI && ours.load < towers.load - 0.005;
        assert!((1.02..1.05).contains(&ours.load) && is_worth_it, "{ours:?} beside tower's {towers:?}");
    }
}
