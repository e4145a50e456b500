use super::*;

#[tokio::test(start_paused = true)]
async fn a_result_counts_as_the_classifier_says() {
    for (outcome, counts, in_a_row) in [
        (Outcome::Success, (2, 0, 0), 0),
        (Outcome::Transient, (2, 2, 0), 2),
        (Outcome::Throttled { retry_after: Some(SECOND) }, (2, 0, 0), 0),
        (Outcome::Failed, (2, 2, 0), 2),
        (Outcome::Ignored, (0, 0, 0), 0),
    ] {
        let breaker = builder().consecutive(10).classify(move |_: Result<&u32, &Error>| outcome).build().unwrap();
        let circuit = breaker.handle();
        breaker.layer(echo()).oneshot(Ok(1)).await.unwrap();
        breaker.layer(echo()).oneshot(Err(Down(1))).await.unwrap_err();
        assert_eq!((counted(&circuit), circuit.snapshot().counts.consecutive), (counts, in_a_row), "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_classifier_errors_and_timeouts_are_failures() {
    let breaker = builder().build().unwrap();
    breaker.layer(echo()).oneshot(Ok(1)).await.unwrap();
    let error = breaker.layer(echo()).oneshot(Err(Down(7))).await.unwrap_err();
    assert_eq!((error.downcast_ref(), counted(&breaker.handle())), (Some(&Down(7)), (2, 1, 0)));
    let limited = breaker.layer(TimeoutLayer::new(SECOND).layer(hung::<()>()));
    assert!(limited.oneshot(()).await.unwrap_err().is_timeout());
    assert_eq!(counted(&breaker.handle()), (3, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_from_below_is_neutral_and_never_classified() {
    let seen = |result: Result<&u32, &Error>| unreachable!("the classifier was asked about {result:?}");
    let breaker = touchy().classify(seen).build().unwrap();
    let circuit = breaker.handle();
    let service = breaker.layer(BulkheadLayer::new(0).layer(echo()));
    assert_eq!(reason(&service.clone().oneshot(Ok(1)).await), Some(RejectionReason::Full));
    assert_eq!(counted(&circuit), (0, 0, 0));
    recover(&circuit).await;
    for _ in 0..3 {
        let result = service.clone().oneshot(Ok(1)).await;
        assert_eq!(reason(&result), Some(RejectionReason::Full), "a probe frees its place");
    }
}
