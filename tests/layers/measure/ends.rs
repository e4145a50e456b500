//! How each call ends.

use std::iter::repeat;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_result_ends_a_call_as_the_classifier_says() {
    let throttled = Outcome::Throttled { retry_after: None };
    for (outcome, expected) in [
        (Outcome::Success, Ended::Success),
        (Outcome::Transient, Ended::Failure),
        (Outcome::Failed, Ended::Failure),
        (throttled, Ended::Throttled),
        (Outcome::Ignored, Ended::Ignored),
    ] {
        let layer = MeasureLayer::builder("measure").classify(move |_: Result<&u32, &Error>| outcome).build().unwrap();
        layer.layer(coded(&[200])).oneshot(1).await.ok();
        layer.layer(coded(&[5])).oneshot(1).await.ok();
        assert_eq!(layer.handle().of(expected).count(), 2, "{outcome:?}");
    }
}

/// How one call ended, which `make` makes.
async fn ended(make: impl AsyncFnOnce(MeasureLayer)) -> Ended {
    let layer = layer();
    let measure = layer.handle();
    make(layer).await;
    assert_eq!((measure.all().count(), measure.in_flight()), (1, 0));
    Ended::ALL.into_iter().find(|ended| measure.of(*ended).count() == 1).expect("it ended once")
}

/// How a call with this result ended.
async fn ended_by(codes: &'static [u32]) -> Ended {
    ended(async |layer| drop(layer.layer(coded(codes)).oneshot(1).await)).await
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_a_result_ends_by_it() {
    for (name, codes, expected) in [
        ("answered", &[200], Ended::Success),
        ("failed", &[5], Ended::Failure),
        ("timed out below", &[TIMED_OUT], Ended::Failure),
        ("rejected below", &[REJECTED], Ended::Rejected),
    ] {
        assert_eq!(ended_by(codes).await, expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_its_caller_gave_up_is_abandoned() {
    assert_eq!(ended(async |layer| drop(call(&mut layer.layer(hung()), 1))).await, Ended::Abandoned, "never polled");
    assert_eq!(ended(async |layer| drop(begin(&mut layer.layer(hung()), 1))).await, Ended::Abandoned, "in flight");
    let late = async |layer: MeasureLayer| {
        let service = ServiceBuilder::new().layer(layer).layer(TimeoutLayer::new(SECOND)).service(hung());
        assert!(Deadline::after(MILLI).scope(service.oneshot(1)).await.is_err());
    };
    assert_eq!(ended(late).await, Ended::Abandoned, "its deadline came");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_a_limit_of_ours_cut_short_failed() {
    let cut = async |layer: MeasureLayer| {
        let service = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(layer).service(hung());
        assert!(service.oneshot(1).await.is_err());
    };
    assert_eq!(ended(cut).await, Ended::Failure);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_panics_or_is_not_ready_failed() {
    let in_call = strict(|_: u32| -> Ready<Result<u32, Down>> { panic!("in call") });
    let panicking = async |layer: MeasureLayer| {
        let mut service = layer.layer(in_call);
        assert!(panics(|| call(&mut service, 1)));
    };
    assert_eq!(ended(panicking).await, Ended::Failure, "in call");
    let panicking = async |layer: MeasureLayer| {
        let mut call = call(&mut layer.layer(service_fn(async |_: u32| -> Result<u32, Down> { panic!("in poll") })), 1);
        assert!(panics(|| drop(call.poll())));
    };
    assert_eq!(ended(panicking).await, Ended::Failure, "in poll");
    let unready = async |layer: MeasureLayer| {
        assert!(poll_ready(&mut layer.layer(up::<u32>().readiness(repeat(FAILS)))).is_ready());
    };
    assert_eq!(ended(unready).await, Ended::Failure, "not ready");
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_service_ends_as_its_guard_is_settled() {
    let measure = layer().handle();
    measure.begin().settle(Outcome::Failed);
    assert_eq!(counts(&measure), [0, 1, 0, 0, 0, 0]);
    drop(measure.begin());
    assert_eq!(counts(&measure), [0, 1, 0, 0, 0, 1]);
}
