//! Outcomes.

use super::*;

/// What a service whose result is classified as `outcome` leaves in the window, and in a row.
async fn classified(outcome: Outcome) -> ((u64, u64, u64), u32) {
    let breaker = builder().consecutive(10).classify(move |_: Result<&u32, &Error>| outcome);
    let breaker = breaker.build().expect("the settings are legal");
    let circuit = breaker.handle();
    let service = breaker.layer(echo());
    service.clone().oneshot(Ok(1)).await.expect("it answers");
    service.oneshot(Err(Down(1))).await.expect_err("it fails");
    (counted(&circuit), circuit.snapshot().counts.consecutive)
}

#[tokio::test(start_paused = true)]
async fn success_counts_as_success() {
    assert_eq!(classified(Outcome::Success).await, ((2, 0, 0), 0));
}

#[tokio::test(start_paused = true)]
async fn transient_counts_as_failure() {
    assert_eq!(classified(Outcome::Transient).await, ((2, 2, 0), 2));
}

#[tokio::test(start_paused = true)]
async fn throttled_counts_in_the_rate_and_not_in_a_row() {
    assert_eq!(classified(Outcome::Throttled { retry_after: Some(SECOND) }).await, ((2, 2, 0), 0));
}

#[tokio::test(start_paused = true)]
async fn failed_counts_as_failure() {
    assert_eq!(classified(Outcome::Failed).await, ((2, 2, 0), 2));
}

#[tokio::test(start_paused = true)]
async fn ignored_counts_as_nothing() {
    assert_eq!(classified(Outcome::Ignored).await, ((0, 0, 0), 0));
}

#[tokio::test(start_paused = true)]
async fn without_a_classifier_an_answer_is_a_success_and_an_error_a_failure() {
    let breaker = builder().build().unwrap();
    let service = breaker.layer(echo());
    service.clone().oneshot(Ok(1)).await.unwrap();
    let error = service.oneshot(Err(Down(7))).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(7)));
    assert_eq!(counted(&breaker.handle()), (2, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_below_counts_as_failure() {
    let breaker = builder().build().unwrap();
    let service = ServiceBuilder::new().layer(&breaker).layer(TimeoutLayer::new(SECOND));
    let service = service.service(strict(|()| pending::<Result<(), Down>>()));
    assert!(service.oneshot(()).await.unwrap_err().is_timeout());
    assert_eq!(counted(&breaker.handle()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_from_below_is_neutral_and_never_classified() {
    let seen = |result: Result<&u32, &Error>| unreachable!("the classifier was asked about {result:?}");
    let breaker = touchy().classify(seen).build().unwrap();
    let service = ServiceBuilder::new().layer(&breaker).layer(BulkheadLayer::new(0)).service(echo());
    let result = service.oneshot(Ok(1)).await;
    assert_eq!(reason(&result), Some(RejectionReason::Full));
    assert_eq!(counted(&breaker.handle()), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_probe_rejected_from_below_frees_its_place() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let service = ServiceBuilder::new().layer(&breaker).layer(BulkheadLayer::new(0)).service(echo());
    for _ in 0..3 {
        let result = service.clone().oneshot(Ok(1)).await;
        assert_eq!(reason(&result), Some(RejectionReason::Full));
    }
}
