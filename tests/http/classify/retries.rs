//! The classifier within a retry.

use super::*;

/// How many attempts a stack makes for this request, of a service that always answers so.
async fn attempts(kept: Request<()>, status: u16, headers: &'static [(&'static str, &'static str)]) -> usize {
    let retry = RetryLayer::builder("upstream").classify(HttpClassifier::new()).retry_if(Idempotent::new());
    let service = strict(move |_| ready(Ok::<_, Down>(answer(status, headers))));
    let calls = service.calls();
    let answered = retry.build().unwrap().layer(service).oneshot(kept).await;
    assert_eq!(answered.unwrap().status(), status);
    calls.count()
}

#[tokio::test(start_paused = true)]
async fn a_get_that_failed_is_retried_and_a_post_is_not() {
    assert_eq!(attempts(request("GET", &[]), 503, &[]).await, 3);
    assert_eq!(attempts(request(POST, &[]), 503, &[]).await, 1);
    assert_eq!(attempts(request(POST, &[("idempotency-key", "k")]), 503, &[]).await, 3);
    assert_eq!(attempts(request("GET", &[]), 500, &[]).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_waits_for_as_long_as_the_answer_asks() {
    let start = now();
    assert_eq!(attempts(request("GET", &[]), 429, &[("retry-after", "10")]).await, 3);
    assert!(start.elapsed() >= Duration::from_secs(20));
    assert_eq!(attempts(request("GET", &[]), 429, &[("retry-after", "31")]).await, 1, "longer than `max_retry_after`");
}

#[tokio::test(start_paused = true)]
async fn a_post_that_a_bulkhead_rejected_is_retried_where_that_is_asked_for() {
    let rule = Idempotent::new();
    let retry = RetryLayer::builder("upstream").classify(HttpClassifier::new()).retry_if(rule).retry_rejected();
    let bulkhead = BulkheadLayer::new(1);
    let service = strict(|_| ready(Ok::<_, Down>(answer(200, &[]))));
    let calls = service.calls();
    let held = bulkhead.layer(service_fn(|()| pending::<Result<(), Down>>())).oneshot(());
    let mut held = Box::pin(held);
    assert!(futures_util::poll!(&mut held).is_pending());
    let call = retry.build().unwrap().layer(bulkhead.layer(service)).oneshot(request(POST, &[]));
    let mut call = Box::pin(call);
    assert!(futures_util::poll!(&mut call).is_pending(), "it waits for its second attempt");
    drop(held);
    assert_eq!(call.await.unwrap().status(), 200);
    assert_eq!(calls.count(), 1);
}
