use super::*;

/// The answer where a classifier says this of every result.
async fn where_all_is(outcome: Outcome) -> Result<u32, Error> {
    let layer = FallbackLayer::value(7).classify(move |_: Result<&u32, &Error>| outcome);
    layer.layer(answering()).oneshot(1).await
}

#[tokio::test(start_paused = true)]
async fn for_a_transient_failure() {
    assert_eq!(where_all_is(Outcome::Transient).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn for_a_throttled_call() {
    assert_eq!(where_all_is(Outcome::Throttled { retry_after: None }).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn for_a_throttled_call_that_says_when_to_come_back() {
    assert_eq!(where_all_is(Outcome::Throttled { retry_after: Some(LIMIT) }).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn for_a_failed_call() {
    assert_eq!(where_all_is(Outcome::Failed).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn not_for_a_success() {
    assert_eq!(where_all_is(Outcome::Success).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn not_for_what_is_ignored() {
    assert_eq!(where_all_is(Outcome::Ignored).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn not_for_an_error_that_is_ignored_which_comes_whole() {
    let layer = FallbackLayer::value(7).classify(|_: Result<&u32, &Error>| Outcome::Ignored);
    let error = layer.layer(failing()).oneshot(1).await.unwrap_err();
    assert_eq!(down(&error), Some(1));
}

#[tokio::test(start_paused = true)]
async fn not_for_an_error_that_is_the_requests_own_fault() {
    let layer = FallbackLayer::value(7).classify(|_: Result<&u32, &Error>| Outcome::Success);
    let error = layer.layer(failing()).oneshot(1).await.unwrap_err();
    assert_eq!(down(&error), Some(1));
}

#[tokio::test(start_paused = true)]
async fn without_a_classifier_for_no_response() {
    assert_eq!(FallbackLayer::value(7).layer(answering()).oneshot(1).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn for_the_rejection_of_a_bulkhead() {
    let service = FallbackLayer::value(7).layer(BulkheadLayer::new(0).layer(answering()));
    assert_eq!(service.oneshot(1).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn for_the_rejection_of_a_circuit() {
    let breaker = CircuitBreakerLayer::consecutive(1);
    breaker.handle().force_open();
    let service = FallbackLayer::value(7).layer(breaker.layer(answering()));
    assert_eq!(service.oneshot(1).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn for_a_rejection_that_came_through_a_foreign_layer() {
    let foreign = tower::timeout::TimeoutLayer::new(LIMIT).layer(BulkheadLayer::new(0).layer(answering()));
    let layer = FallbackLayer::value(7).classify(|_: Result<&u32, &Error>| Outcome::Ignored);
    assert_eq!(layer.layer(foreign).oneshot(1).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn for_a_rejection_whatever_a_classifier_would_say() {
    let layer = FallbackLayer::value(7).classify(|_: Result<&u32, &Error>| Outcome::Ignored);
    assert_eq!(layer.layer(BulkheadLayer::new(0).layer(answering())).oneshot(1).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn without_showing_a_rejection_to_the_classifier() {
    let layer = FallbackLayer::value(7).classify(|result: Result<&u32, &Error>| {
        assert!(result.is_ok(), "a classifier was shown {result:?}");
        Outcome::Success
    });
    assert_eq!(layer.layer(BulkheadLayer::new(0).layer(answering())).oneshot(1).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn for_a_timeout() {
    let service = FallbackLayer::value(7).layer(TimeoutLayer::new(LIMIT).layer(hanging()));
    assert_eq!(service.oneshot(1).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn not_for_a_timeout_where_a_classifier_says_so() {
    let layer = FallbackLayer::value(7).classify(|_: Result<&u32, &Error>| Outcome::Ignored);
    let error = layer.layer(TimeoutLayer::new(LIMIT).layer(hanging())).oneshot(1).await.unwrap_err();
    assert!(error.is_timeout());
}

#[tokio::test(start_paused = true)]
async fn where_a_function_says_so_for_a_response() {
    let layer = FallbackLayer::value(7).take_if(|result: Result<&u32, &Error>| result.is_ok_and(|n| *n == 1));
    assert_eq!(layer.layer(answering()).oneshot(1).await.unwrap(), 7);
    assert_eq!(layer.layer(answering()).oneshot(2).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn not_where_a_function_lets_an_error_pass() {
    let layer = FallbackLayer::value(7).take_if(|_: Result<&u32, &Error>| false);
    assert_eq!(down(&layer.layer(failing()).oneshot(1).await.unwrap_err()), Some(1));
}

#[tokio::test(start_paused = true)]
async fn not_where_a_function_lets_a_rejection_pass() {
    let layer = FallbackLayer::value(7)
        .take_if(|result: Result<&u32, &Error>| result.is_err_and(|error| error.rejection().is_none()));
    let error = layer.layer(BulkheadLayer::new(0).layer(answering())).oneshot(1).await.unwrap_err();
    assert_eq!(error.rejection().map(Rejection::reason), Some(RejectionReason::Full));
}

#[tokio::test(start_paused = true)]
async fn once_by_a_function_that_is_asked_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let layer = FallbackLayer::new(failing_step(2)).or(fallback::value(7)).take_if(move |_: Result<&u32, &Error>| {
        count.fetch_add(1, SeqCst);
        true
    });
    assert_eq!(layer.layer(failing()).oneshot(1).await.unwrap(), 7);
    assert_eq!(asked.load(SeqCst), 1);
}
