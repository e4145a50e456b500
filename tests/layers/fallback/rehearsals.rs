//! Rehearsals: the steps run beside calls that do well.

use std::future::pending;
use std::panic::panic_any;

use palisade::registry::Reading;
use palisade::test_util::{assert_at_rest, drop_at_every_poll};
use palisade::{Registry, Rejection, RejectionReason};

use super::*;
use crate::support::now;

/// What a layer has counted: rehearsals that were answered, that failed and that did not end, and answers of its first step.
fn counted(registry: &Registry) -> [u64; 4] {
    let metrics = registry.metrics();
    let of = |name: &str, sample: usize| {
        let metric = metrics.iter().find(|metric| metric.name == name).expect("it is in the table");
        let Reading::Count(count) = metric.samples[sample].value else { panic!("no count: {metric:?}") };
        count
    };
    let rehearsed = [0, 1, 2].map(|end| of("palisade_fallback_rehearsed_total", end));
    let [answered, failed, unfinished] = rehearsed;
    [answered, failed, unfinished, of("palisade_fallback_answers_total", 0)]
}

/// A layer whose calls all rehearse this step.
fn rehearsing<F>(step: F) -> (Registry, FallbackLayer<F>) {
    let registry = Registry::new();
    let layer = FallbackLayer::new(step).registry(&registry).rehearse(1.0).expect("the rate is legal");
    (registry, layer)
}

/// Answers after a second.
fn in_a_second() -> Strict<impl Fn(u32) -> BoxFuture<'static, Result<u32, Down>> + Clone> {
    strict(|request| sleep(SECOND).map(move |()| Ok(request)).boxed())
}

/// A step whose future this makes. It answers as `f` does.
fn step<Fut: Future<Output = Result<u32, Down>>>(f: impl Fn() -> Fut + Clone) -> impl fallback::Step<u32, u32> + Clone {
    fallback::future_of(|_: &u32| (), move |(), _: Result<&u32, &Error>| f())
}

/// What is counted when this step is rehearsed beside a call of a second, which is neither delayed nor changed.
async fn beside_a_second<F: fallback::Step<u32, u32> + Clone>(step: F) -> [u64; 4] {
    let (registry, layer) = rehearsing(step);
    let (events, began) = (EventLog::of_thread(), now());
    assert_eq!(layer.layer(in_a_second()).oneshot(1).await.expect("the call does well"), 1);
    assert_eq!((now() - began, events.of("palisade::fallback")), (SECOND, vec![]));
    counted(&registry)
}

#[tokio::test(start_paused = true)]
async fn a_step_that_answers_is_counted_as_that() {
    assert_eq!(beside_a_second(fallback::value(7)).await, [1, 0, 0, 0]);
    assert_eq!(beside_a_second(step(|| sleep(LIMIT).map(|()| Ok(7)))).await, [1, 0, 0, 0]);
    assert_eq!(beside_a_second(fallback::service(up())).await, [1, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_fails_is_counted_as_that() {
    assert_eq!(beside_a_second(failing_step(2)).await, [0, 1, 0, 0]);
    assert_eq!(beside_a_second(step(|| sleep(LIMIT).map(|()| Err(Down(2))))).await, [0, 1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_a_failure_is_counted_as_one() {
    let (registry, layer) = rehearsing(fallback::value(503));
    let layer = layer.classify(|result: Result<&u32, &Error>| match result {
        Ok(503) | Err(_) => Outcome::Failed,
        Ok(_) => Outcome::Success,
    });
    assert_eq!(layer.layer(up()).oneshot(1).await.unwrap(), 1);
    assert_eq!(counted(&registry), [0, 1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_takes_longer_than_the_call_is_dropped_with_it() {
    let place = BulkheadLayer::new(1);
    assert_eq!(beside_a_second(step(|| sleep(2 * SECOND).map(|()| Ok(7)))).await, [0, 0, 1, 0]);
    assert_eq!(beside_a_second(fallback::service(place.layer(hung()))).await, [0, 0, 1, 0]);
    assert_eq!(place.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_step_runs_once_beside_a_call_that_answers_at_once() {
    let other = up();
    let calls = other.calls();
    let (registry, layer) = rehearsing(fallback::service(other));
    assert_eq!(layer.layer(up()).oneshot(1).await.unwrap(), 1);
    assert_eq!((calls.count(), counted(&registry)), (1, [1, 0, 0, 0]));
}

#[tokio::test(start_paused = true)]
async fn the_steps_of_a_chain_follow_each_other() {
    let chain = FallbackLayer::new(failing_step(2)).or(step(|| sleep(LIMIT).map(|()| Ok(7))));
    let registry = Registry::new();
    let layer = chain.registry(&registry).rehearse(1.0).unwrap();
    assert_eq!(layer.layer(in_a_second()).oneshot(1).await.unwrap(), 1);
    assert_eq!(counted(&registry), [1, 0, 0, 0]);
}

/// Panics when it is dropped.
#[derive(Clone, Debug)]
struct Mine;

impl Drop for Mine {
    fn drop(&mut self) {
        panic_any("on purpose");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_step_is_a_failure_that_the_caller_does_not_see() {
    let panicking = || panic!("on purpose");
    assert_eq!(beside_a_second(step(|| async move { panicking() })).await, [0, 1, 0, 0]);
    let function = fallback::function(move |_: Result<&u32, &Error>| -> Result<u32, Down> { panicking() });
    assert_eq!(beside_a_second(function).await, [0, 1, 0, 0]);
    let at_the_end = step(|| {
        let mine = Mine;
        async move {
            let _mine = &mine;
            pending().await
        }
    });
    assert_eq!(beside_a_second(at_the_end).await, [0, 0, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_condition_about_a_rehearsal_is_not_the_callers() {
    let (registry, layer) = rehearsing(fallback::value(503));
    let layer = layer.fallback_if(|result: Result<&u32, &Error>| {
        assert_ne!(result.ok(), Some(&503), "on purpose");
        false
    });
    assert_eq!(layer.layer(up()).oneshot(1).await.unwrap(), 1);
    assert_eq!(counted(&registry), [0, 1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_keeping_for_a_rehearsal_is_not_the_callers() {
    let kept = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&kept);
    let keep = move |_: &u32| assert_ne!(count.fetch_add(1, SeqCst), 1, "on purpose");
    let (registry, layer) =
        rehearsing(fallback::function_of(keep, |(), _: Result<&u32, &Error>| Ok::<_, Infallible>(7)));
    assert_eq!(layer.layer(up()).oneshot(1).await.unwrap(), 1);
    assert_eq!((kept.load(SeqCst), counted(&registry)), (2, [0, 1, 0, 0]), "for the call, and for the rehearsal");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_takes_its_fallback_anew() {
    let other = up();
    let calls = other.calls();
    let (registry, layer) = rehearsing(fallback::service(other));
    let late = strict(|request: u32| sleep(SECOND).map(move |()| Err::<u32, _>(Down(request))));
    assert_eq!(layer.layer(late).oneshot(1).await.unwrap(), 1);
    assert_eq!((calls.count(), counted(&registry)), (2, [1, 0, 0, 1]));
}

#[tokio::test(start_paused = true)]
async fn a_rehearsal_is_gone_while_the_fallback_runs() {
    let place = BulkheadLayer::new(1);
    let (registry, layer) = rehearsing(fallback::service(place.layer(in_a_second())));
    let late = strict(|_: u32| sleep(LIMIT).map(|()| Err::<u32, _>(Down(1))));
    assert_eq!(layer.layer(late).oneshot(1).await.unwrap(), 1, "there is room for one");
    assert_eq!(counted(&registry), [0, 0, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_rehearsal_sees_what_a_step_sees_that_answers_always() {
    let step = fallback::function(|failed: Result<&u32, &Error>| {
        let reason = failed.err().and_then(Error::rejection).map(Rejection::reason);
        if reason == Some(RejectionReason::SwitchedOff) { Ok(7) } else { Err(Down(2)) }
    });
    assert_eq!(beside_a_second(step).await, [1, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_rehearsed_beside_a_call_that_is_not_sent() {
    let (registry, layer) = rehearsing(fallback::value(7));
    layer.handle().always();
    assert_eq!(layer.layer(up()).oneshot(1).await.unwrap(), 7);
    layer.handle().auto();
    assert_eq!(call(&mut layer.layer(up().readiness([FAILS])), 1).await.unwrap(), 7);
    assert_eq!(counted(&registry), [0, 0, 0, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_any_poll_leaves_nothing_and_each_rehearsal_is_counted_once() {
    let registry = Registry::new();
    let place = BulkheadLayer::builder(9).registry(&registry).build().unwrap();
    let step =
        fallback::service(place.layer(strict(|request: u32| sleep(LIMIT).map(move |()| Ok::<_, Down>(request)))));
    let layer = FallbackLayer::new(step).registry(&registry).rehearse(1.0).unwrap();
    let service = layer.layer(in_a_second());
    let mut dropped = 0;
    let result = drop_at_every_poll(
        || service.clone().oneshot(1),
        async |polls| {
            // Before the first poll there is no call.
            dropped = polls as u64;
            assert_at_rest(&registry);
            assert_eq!(counted(&registry).iter().sum::<u64>(), dropped, "after {polls} polls");
        },
    );
    assert_eq!(result.await.unwrap(), 1);
    assert_eq!(counted(&registry), [2, 0, dropped - 1, 0], "the last two waited for the end of the step");
}

#[tokio::test(start_paused = true)]
async fn with_a_seed_the_same_calls_rehearse() {
    let drawn = async || {
        let registry = Registry::new();
        let layer = FallbackLayer::value(7).registry(&registry).rehearse(0.5).unwrap().seed(1);
        let mut service = layer.layer(up());
        let mut drawn = Vec::new();
        for request in 0..100 {
            call(&mut service, request).await.unwrap();
            drawn.push(counted(&registry)[0]);
        }
        drawn
    };
    let first = drawn().await;
    assert!((1..100).contains(first.last().unwrap()), "{first:?}");
    assert_eq!(first, drawn().await);
}

#[test]
fn a_rate_that_is_no_share_is_refused() {
    for rate in [-0.1, 1.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = FallbackLayer::value(7).rehearse(rate).unwrap_err();
        assert_eq!(error.to_string(), format!("fallback `fallback`: `rehearse` is {rate}, but must be 0 to 1"));
    }
    for rate in [0.0, -0.0, f64::MIN_POSITIVE, 1.0] {
        assert!(FallbackLayer::value(7).rehearse(rate).is_ok(), "{rate}");
    }
}

/// The step is a hundred times as large as the call.
#[tokio::test(start_paused = true)]
async fn calls_that_are_not_drawn_have_no_room_for_a_rehearsal() {
    let step = step(|| {
        let large = [0_u8; 10_000];
        async move {
            sleep(LIMIT).await;
            Ok(u32::from(large[0]))
        }
    });
    let call = FallbackLayer::new(step).layer(up()).call(1);
    assert!(size_of_val(&call) < 10_000 + 400, "{}", size_of_val(&call));
}
