//! Panics.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_panic_in_call_propagates_and_counts_as_a_failure() {
    let breaker = builder().build().unwrap();
    let mut service = breaker.layer(strict(|()| -> std::future::Ready<Result<(), Down>> { panic!("in call") }));
    service.ready().await.unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| service.call(()))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"in call"));
    assert_eq!(counted(&breaker.handle()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_poll_propagates_and_counts_as_a_failure() {
    let breaker = builder().build().unwrap();
    let service = breaker.layer(strict(|()| async { broken() }));
    let panic = AssertUnwindSafe(service.oneshot(())).catch_unwind().await.unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"in poll"));
    assert_eq!(counted(&breaker.handle()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_panics_opens_again() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let service = breaker.layer(strict(|()| async { broken() }));
    AssertUnwindSafe(service.oneshot(())).catch_unwind().await.unwrap_err();
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_by_the_panic_of_somebody_else_is_abandoned() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let (_answer, answered) = oneshot::channel();
    let mut call = task::spawn(told!(breaker).oneshot(answered));
    assert_pending!(call.poll());
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _call = call;
        panic!("of somebody else");
    }));
    assert!(unwound.is_err());
    assert_eq!(counted(&circuit), (0, 0, 0));
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    let _probe = enter(&circuit);
}

#[tokio::test(start_paused = true)]
async fn a_guard_dropped_by_a_panic_of_its_holder_is_abandoned() {
    let circuit = recovering(touchy()).await;
    let probe = enter(&circuit);
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _probe = probe;
        panic!("of its holder");
    }));
    assert!(unwound.is_err());
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    let _again = enter(&circuit);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_classifier_frees_the_place() {
    let breaker = touchy().classify(|_: Result<&u32, &Error>| -> Outcome { panic!("in the classifier") });
    let breaker = breaker.build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    AssertUnwindSafe(breaker.layer(echo()).oneshot(Ok(1))).catch_unwind().await.unwrap_err();
    let _probe = enter(&circuit);
}

#[tokio::test(start_paused = true)]
async fn a_late_panic_decides_nothing() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    let (answer, answered) = oneshot::channel();
    let mut call = task::spawn(told!(breaker).oneshot(answered));
    assert_pending!(call.poll());
    circuit.reset();
    drop(answer);
    assert!(catch_unwind(AssertUnwindSafe(|| call.poll())).is_err());
    drop(call);
    assert_eq!((circuit.phase(), circuit.snapshot().late), (Phase::Closed, 1));
}
