use super::*;

/// A service that rejects every call.
fn rejecting() -> fallback::ServiceStep<impl Service<u32, Response = u32, Error = Error, Future: Send> + Clone> {
    fallback::service(BulkheadLayer::new(0).layer(up()))
}

#[tokio::test(start_paused = true)]
async fn come_with_the_first_error_as_context() {
    let error = FallbackLayer::new(failing_step(2)).layer(failing()).oneshot(1).await.unwrap_err();
    let failure = both(&error);
    assert_eq!((down(Err(failure.error())), failure.before().map(|error| down(Err(error)))), (2, Some(1)));
    assert_eq!(root(&error).downcast_ref(), Some(&Down(2)));
    assert!(failure.to_string().contains("down 1"), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn come_without_an_error_as_context_after_a_response() {
    let layer = FallbackLayer::new(failing_step(2)).classify(|_: Result<&u32, &Error>| Outcome::Failed);
    let error = layer.layer(up()).oneshot(1).await.unwrap_err();
    assert_eq!((down(Err(both(&error).error())), both(&error).before().is_none()), (2, true));
}

#[tokio::test(start_paused = true)]
async fn of_a_chain_tell_of_every_step_and_end_in_the_last_error() {
    let layer = FallbackLayer::new(failing_step(2)).or(failing_step(3)).or(failing_step(4));
    let error = layer.layer(failing()).oneshot(1).await.unwrap_err();
    let last = both(both(&error).error());
    let earlier = both(last.before().unwrap());
    let told = [both(&error).before().unwrap(), earlier.before().unwrap(), earlier.error(), last.error()];
    assert_eq!(told.map(|error| down(Err(error))), [1, 2, 3, 4]);
    assert_eq!(root(&error).downcast_ref(), Some(&Down(4)));
}

#[tokio::test(start_paused = true)]
async fn are_no_rejection_when_the_call_or_a_step_was_sent() {
    let layer = FallbackLayer::new(rejecting()).classify(|_: Result<&u32, &Error>| Outcome::Failed);
    for result in [&[1], &[200], &[TIMED_OUT]] {
        let error = layer.layer(coded(result)).oneshot(1).await.unwrap_err();
        assert!(!is_rejection(&error) && is_rejection(both(&error).error()), "after {result:?}");
    }
    let chain = FallbackLayer::new(rejecting()).or(rejecting());
    assert!(!is_rejection(&chain.layer(failing()).oneshot(1).await.unwrap_err()));
    let error = FallbackLayer::new(failing_step(2)).layer(coded(&[REJECTED])).oneshot(1).await.unwrap_err();
    assert!(!is_rejection(&error) && both(&error).before().is_some_and(is_rejection));
}

#[tokio::test(start_paused = true)]
async fn are_a_rejection_when_nothing_was_sent() {
    let replica = BulkheadLayer::builder(0).name(Name::new("replica").unwrap()).build().unwrap().layer(up());
    let error = FallbackLayer::new(fallback::service(replica)).layer(coded(&[REJECTED])).oneshot(1).await.unwrap_err();
    assert_eq!(error.rejection().map(|rejection| rejection.name().as_str()), Some("replica"));
}

#[tokio::test(start_paused = true)]
async fn pass_a_fallback_around_as_any_error() {
    let within = FallbackLayer::new(failing_step(2)).layer(failing());
    let around = fallback::function(|failed: Result<&u32, &Error>| {
        Ok::<_, Infallible>(failed.err().map_or(0, |error| down(Err(both(error).error()))))
    });
    assert_eq!(FallbackLayer::new(around).layer(within).oneshot(1).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn if_nothing_was_sent_the_error_says_so() {
    let full = BulkheadLayer::builder(0).max_queue(1).max_wait(SECOND).build().unwrap();
    let step = up();
    let calls = step.calls();
    let service = FallbackLayer::new(fallback::service(step)).layer(full.layer(up()));
    let error = Deadline::after(SECOND).scope(service.oneshot(1)).await.unwrap_err();
    assert_eq!((error.elapsed().map(Elapsed::was_sent), calls.count()), (Some(false), 0));
}
