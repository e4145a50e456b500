use super::*;

#[tokio::test(start_paused = true)]
async fn come_with_the_first_error_as_context() {
    let error = FallbackLayer::new(failing_step(2)).layer(failing()).oneshot(1).await.unwrap_err();
    assert_eq!(down(both(&error).error()), Some(2));
    assert_eq!(both(&error).before().and_then(down), Some(1));
}

#[tokio::test(start_paused = true)]
async fn come_without_an_error_as_context_after_a_response() {
    let layer = FallbackLayer::new(failing_step(2)).classify(|_: Result<&u32, &Error>| Outcome::Failed);
    let error = layer.layer(answering()).oneshot(1).await.unwrap_err();
    assert_eq!(down(both(&error).error()), Some(2));
    assert!(both(&error).before().is_none());
}

#[tokio::test(start_paused = true)]
async fn have_what_the_step_failed_with_in_their_source_chain() {
    let error = FallbackLayer::new(failing_step(2)).layer(failing()).oneshot(1).await.unwrap_err();
    assert_eq!(root(&error).downcast_ref(), Some(&Down(2)));
}

#[tokio::test(start_paused = true)]
async fn tell_the_first_error_and_its_sources_in_text() {
    let error = FallbackLayer::new(failing_step(2)).layer(failing()).oneshot(1).await.unwrap_err();
    let text = both(&error).to_string();
    assert!(text.contains("down 1"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn of_a_chain_tell_of_every_step() {
    let layer = FallbackLayer::new(failing_step(2)).or(failing_step(3)).or(failing_step(4));
    let error = layer.layer(failing()).oneshot(1).await.unwrap_err();
    assert_eq!(both(&error).before().and_then(down), Some(1));
    let last = both(both(&error).error());
    assert_eq!(down(last.error()), Some(4));
    let earlier = both(last.before().unwrap());
    assert_eq!((down(earlier.error()), earlier.before().and_then(down)), (Some(3), Some(2)));
}

#[tokio::test(start_paused = true)]
async fn of_a_chain_end_in_the_last_steps_error() {
    let layer = FallbackLayer::new(failing_step(2)).or(failing_step(3)).or(failing_step(4));
    let error = layer.layer(failing()).oneshot(1).await.unwrap_err();
    assert_eq!(root(&error).downcast_ref(), Some(&Down(4)));
}

#[tokio::test(start_paused = true)]
async fn are_no_rejection_when_the_call_was_sent() {
    let rejecting = fallback::service(BulkheadLayer::new(0).layer(answering()));
    let error = FallbackLayer::new(rejecting).layer(failing()).oneshot(1).await.unwrap_err();
    assert!(error.rejection().is_none());
    assert!(both(&error).error().rejection().is_some());
}

#[tokio::test(start_paused = true)]
async fn are_no_rejection_after_a_response() {
    let rejecting = fallback::service(BulkheadLayer::new(0).layer(answering()));
    let layer = FallbackLayer::new(rejecting).classify(|_: Result<&u32, &Error>| Outcome::Failed);
    assert!(layer.layer(answering()).oneshot(1).await.unwrap_err().rejection().is_none());
}

#[tokio::test(start_paused = true)]
async fn are_no_rejection_after_a_timeout() {
    let rejecting = fallback::service(BulkheadLayer::new(0).layer(answering()));
    let service = FallbackLayer::new(rejecting).layer(TimeoutLayer::new(LIMIT).layer(hanging()));
    assert!(service.oneshot(1).await.unwrap_err().rejection().is_none());
}

#[tokio::test(start_paused = true)]
async fn of_a_chain_are_no_rejection_when_the_call_was_sent() {
    let rejecting = || fallback::service(BulkheadLayer::new(0).layer(answering()));
    let error = FallbackLayer::new(rejecting()).or(rejecting()).layer(failing()).oneshot(1).await.unwrap_err();
    assert!(error.rejection().is_none());
}

#[tokio::test(start_paused = true)]
async fn are_no_rejection_when_the_step_was_sent() {
    let rejecting = BulkheadLayer::new(0).layer(answering());
    let error = FallbackLayer::new(failing_step(2)).layer(rejecting).oneshot(1).await.unwrap_err();
    assert!(error.rejection().is_none());
    assert!(both(&error).before().and_then(Error::rejection).is_some());
}

#[tokio::test(start_paused = true)]
async fn pass_a_fallback_around_as_any_error() {
    let within = FallbackLayer::new(failing_step(2)).layer(failing());
    let around = fallback::function(|failed: Result<&u32, &Error>| {
        Ok::<_, Infallible>(failed.err().and_then(|error| down(both(error).error())).unwrap_or(0))
    });
    assert_eq!(FallbackLayer::new(around).layer(within).oneshot(1).await.unwrap(), 2);
}
