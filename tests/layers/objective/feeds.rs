//! Claims about what a measure and a fallback say of calls.

use palisade::{Error, FallbackLayer, MeasureLayer, Rate, RateLimitLayer, RejectionReason, TimeoutLayer, fallback};
use tokio::time::{sleep, timeout};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use super::*;
use crate::support::Down;
use crate::support::services::{REJECTED, TIMED_OUT, down, hung, result, up};

/// The code of an error of the service.
const FAILS: u32 = 1;

/// Responds as the code that is asked says.
fn coded() -> impl Service<u32, Response = u32, Error = Error, Future: Send> + Clone {
    service_fn(|code| async move { result(code) })
}

fn measured(objective: &Objective) -> MeasureLayer {
    MeasureLayer::builder("checkout").objective(objective).registry(&Registry::new()).build().expect("it is legal")
}

#[tokio::test(start_paused = true)]
async fn what_a_caller_saw_fail_is_bad() {
    // The code of a call, how many are asked, and how many of them are bad.
    let rows = [(200, [1, 0]), (FAILS, [1, 1]), (REJECTED, [1, 1]), (TIMED_OUT, [1, 1])];
    for (code, expected) in rows {
        let objective = builder().build().unwrap();
        drop(measured(&objective).layer(coded()).oneshot(code).await);
        assert_eq!(asked(objective.availability()), expected, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_ignored_is_not_asked_and_what_is_throttled_is_bad() {
    for (outcome, expected) in [
        (Outcome::Ignored, [0, 0]),
        (Outcome::Throttled { retry_after: None }, [1, 1]),
        (Outcome::Transient, [1, 1]),
        (Outcome::Failed, [1, 1]),
        (Outcome::Success, [1, 0]),
    ] {
        let objective = builder().build().unwrap();
        let layer = MeasureLayer::builder("checkout").objective(&objective).registry(&Registry::new());
        let layer = layer.classify(move |_: Result<&u32, &Error>| outcome).build().unwrap();
        layer.layer(up()).oneshot(1).await.unwrap();
        objective.record(outcome, MILLI);
        assert_eq!(asked(objective.availability()), expected.map(|calls: u64| 2 * calls), "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_its_caller_ends_is_not_asked() {
    let objective = builder().build().unwrap();
    let service = measured(&objective).layer(hung::<u32>());
    assert!(timeout(SECOND, service.oneshot(1)).await.is_err());
    let in_time = TimeoutLayer::new(SECOND).layer(measured(&objective).layer(hung::<u32>()));
    assert!(matches!(in_time.oneshot(1).await, Err(Error::TimedOut(_))));
    assert_eq!(asked(objective.availability()), [1, 1], "a limit of ours is no caller");
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_bad() {
    let objective = builder().build().unwrap();
    let service = measured(&objective).layer(service_fn(|request: u32| async move {
        assert_ne!(request, 1, "inside");
        Ok::<_, Down>(request)
    }));
    assert!(tokio::spawn(service.oneshot(1)).await.is_err_and(|error| error.is_panic()));
    assert_eq!(asked(objective.availability()), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_for_a_reason_that_is_left_out_is_not_asked() {
    for (reasons, expected) in [
        (&[][..], [3, 2]),
        (&[RejectionReason::RateLimited], [1, 0]),
        (&[RejectionReason::Full], [3, 2]),
        (&[RejectionReason::Full, RejectionReason::RateLimited], [1, 0]),
    ] {
        let objective = builder().not_asked(reasons.iter().copied()).build().unwrap();
        let limit =
            RateLimitLayer::builder("checkout", Rate::per_second(1)).registry(&Registry::new()).build().unwrap();
        let service = ServiceBuilder::new().layer(measured(&objective)).layer(limit).service(up::<u32>());
        for _ in 0..3 {
            drop(service.clone().oneshot(1).await);
        }
        assert_eq!(asked(objective.availability()), expected, "{reasons:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn reasons_that_are_left_out_add_up() {
    let builder = builder().not_asked([RejectionReason::RateLimited]).not_asked([RejectionReason::Full]);
    let objective = builder.build().unwrap();
    drop(measured(&objective).layer(coded()).oneshot(REJECTED).await);
    assert_eq!(asked(objective.availability()), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_call_is_that_of_the_measure() {
    let objective = builder().latency(0.99, 200 * MILLI).build().unwrap();
    let service = measured(&objective).layer(service_fn(|took: Duration| async move {
        sleep(took).await;
        Ok::<_, Down>(())
    }));
    for took in [MILLI, 200 * MILLI, 300 * MILLI] {
        service.clone().oneshot(took).await.unwrap();
    }
    assert_eq!(asked(objective.latency()), [3, 1]);
}

#[tokio::test(start_paused = true)]
async fn measures_of_keys_feed_one_objective() {
    let objective = builder().build().unwrap();
    let layer = MeasureLayer::builder("checkout").objective(&objective).registry(&Registry::new());
    let layer = layer.per_key(|key: &u32| *key).capacity(2).build().unwrap();
    for key in 0..4 {
        layer.layer(up()).oneshot(key).await.unwrap();
    }
    assert_eq!(asked(objective.availability()), [4, 0]);
}

#[tokio::test(start_paused = true)]
async fn what_a_fallback_answers_is_bad_and_counted_as_degraded() {
    let objective = builder().build().unwrap();
    let layer = FallbackLayer::new(fallback::service(down::<u32>())).or(fallback::value(7)).objective(&objective);
    let layer = layer.registry(&Registry::new());
    let service = ServiceBuilder::new().layer(layer).layer(measured(&objective)).service(coded());
    for (code, answer) in [(200, 200), (FAILS, 7), (REJECTED, 7)] {
        assert_eq!(service.clone().oneshot(code).await.unwrap(), answer);
    }
    objective.record_degraded();
    assert_eq!((asked(objective.availability()), objective.degraded()), ([3, 2], 3));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_fails_too_degrades_nothing() {
    let objective = builder().build().unwrap();
    let layer = FallbackLayer::new(fallback::service(down::<u32>())).objective(&objective).registry(&Registry::new());
    layer.layer(down::<u32>()).oneshot(1).await.unwrap_err();
    assert_eq!(objective.degraded(), 0);
}
