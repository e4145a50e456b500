//! How the end of a call counts.

use std::thread;

use super::*;

/// What is counted of a call that this classifier judges.
async fn judged(outcome: Outcome) -> (u64, u64) {
    let throttle = builder().classify(move |_: Result<&u32, &Error>| outcome).build().expect("the settings are legal");
    throttle.layer(up()).oneshot(1).await.expect("it is answered");
    counted(&throttle.handle())
}

#[tokio::test(start_paused = true)]
async fn an_outcome_is_a_request_and_an_accept_or_nothing() {
    for (outcome, expected) in [
        (Outcome::Success, (1, 1)),
        (Outcome::Transient, (1, 0)),
        (Outcome::Throttled { retry_after: Some(SECOND) }, (1, 0)),
        (Outcome::Failed, (1, 0)),
        (Outcome::Ignored, (0, 0)),
    ] {
        assert_eq!(judged(outcome).await, expected, "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_is_a_request_and_a_rejection_below_is_nothing() {
    let throttle = throttle();
    throttle.layer(down::<u32>()).oneshot(1).await.unwrap_err();
    assert_eq!(counted(&throttle.handle()), (1, 0));
    let below = service_fn(async |_: u32| Err::<u32, Error>(rejected().into()));
    while reason(&throttle.layer(below).oneshot(1).await) == THROTTLED {}
    let seen = throttle.handle().snapshot(Criticality::Critical);
    assert_eq!(seen.requests, 1 + seen.rejected);
}

#[tokio::test(start_paused = true)]
async fn a_readiness_error_is_a_failure() {
    let throttle = throttle();
    throttle.layer(up::<u32>().readiness([FAILS])).oneshot(1).await.unwrap_err();
    assert_eq!(counted(&throttle.handle()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_service_is_a_failure() {
    let throttle = throttle();
    let in_call = service_fn(|_: u32| -> std::future::Ready<Result<u32, Down>> { panic!("in call") });
    assert!(panics(|| drop(throttle.layer(in_call).oneshot(1).now_or_never())));
    let in_poll = service_fn(async |_: u32| -> Result<u32, Down> { panic!("in poll") });
    let throttle_of_polls = builder().build().unwrap();
    assert!(panics(|| drop(throttle_of_polls.layer(in_poll).oneshot(1).now_or_never())));
    assert_eq!([counted(&throttle.handle()), counted(&throttle_of_polls.handle())], [(1, 0); 2]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_its_caller_drops_is_nothing() {
    let throttle = throttle();
    let mut service = throttle.layer(hung::<u32>());
    drop(service.ready().await.unwrap().call(1));
    for seconds in [0, 1, 1_000] {
        let call = begin(&mut service, 1);
        advance(SECOND * seconds).await;
        drop(call);
    }
    drop(throttle.handle().try_enter().unwrap());
    assert_eq!(counted(&throttle.handle()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_ours_is_a_failure_if_the_service_had_half_of_it() {
    for (begins_after, expected) in [(0, (1, 0)), (5, (1, 0)), (6, (0, 0))] {
        let throttle = throttle();
        let late = ServiceBuilder::new().layer(TimeoutLayer::new(10 * SECOND)).service(service_fn({
            let throttled = throttle.layer(hung::<u32>());
            move |request: u32| {
                let throttled = throttled.clone();
                async move {
                    sleep(SECOND * begins_after).await;
                    throttled.oneshot(request).await
                }
            }
        }));
        assert!(late.oneshot(1).await.unwrap_err().is_timeout());
        assert_eq!(counted(&throttle.handle()), expected, "begun after {begins_after} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_while_the_service_is_not_waited_for_is_nothing() {
    let throttle = throttle();
    let handle = throttle.handle();
    let holds = service_fn(move |_: u32| {
        let handle = handle.clone();
        async move {
            let _call = handle.try_enter();
            std::future::pending::<Result<u32, Down>>().await
        }
    });
    assert!(TimeoutLayer::new(SECOND).layer(holds).oneshot(1).await.unwrap_err().is_timeout());
    assert_eq!(counted(&throttle.handle()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_ends_at_its_callers_deadline_is_nothing() {
    let throttle = throttle();
    let service = TimeoutLayer::new(YEAR).layer(throttle.layer(TimeoutLayer::new(YEAR).layer(hung::<u32>())));
    let call = Deadline::after(SECOND).scope(async { service.oneshot(1).await });
    assert!(call.await.unwrap_err().is_timeout());
    assert_eq!(counted(&throttle.handle()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_counts_for_the_class_with_which_it_came() {
    use Criticality::{Critical, CriticalPlus, Sheddable, SheddablePlus};

    let classes = [Sheddable, SheddablePlus, Critical, CriticalPlus];
    for (class, another) in classes.into_iter().zip([CriticalPlus, Critical, Sheddable, SheddablePlus]) {
        let throttle = throttle();
        let call = class.scope(async { throttle.handle().try_enter() }).await.unwrap();
        another.scope(async { call.success() }).await;
        let counted = classes.map(|counted| throttle.handle().snapshot(counted).requests);
        assert_eq!(counted, classes.map(|counted| u64::from(counted == class)), "{class:?}");
    }
}

#[test]
fn a_guard_counts_once() {
    paused(async {
        let throttle = throttle();
        throttle.handle().try_enter().unwrap().success();
        throttle.handle().try_enter().unwrap().failure();
        throttle.handle().try_enter().unwrap().settle(Outcome::Ignored);
        assert_eq!(counted(&throttle.handle()), (2, 1));
    });
}

#[test]
fn under_threads_each_call_is_counted_once() {
    let throttle = throttle().handle();
    // The requests, the accepts and the rejections of one thread.
    let ends = |skip| {
        let outcomes = [Outcome::Success, Outcome::Failed, Outcome::Transient, Outcome::Ignored];
        let calls = outcomes.into_iter().cycle().skip(skip).take(5_000);
        calls.fold([0; 3], |[requests, accepts, rejected], outcome| match throttle.try_enter() {
            Err(_) => [requests + 1, accepts, rejected + 1],
            Ok(call) => {
                call.settle(outcome);
                let is_request = u64::from(outcome != Outcome::Ignored);
                [requests + is_request, accepts + u64::from(outcome == Outcome::Success), rejected]
            }
        })
    };
    let of_threads = thread::scope(|scope| {
        let threads = [0, 1, 2, 3].map(|skip| scope.spawn(move || ends(skip)));
        threads.map(|thread| thread.join().unwrap())
    });
    let sum = |of: usize| of_threads.iter().map(|counted| counted[of]).sum::<u64>();
    let seen = throttle.snapshot(Criticality::Critical);
    assert_eq!([seen.requests, seen.accepts, seen.rejected], [0, 1, 2].map(sum));
    assert!(seen.rejected > 0);
}
