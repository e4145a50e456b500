use super::*;

#[tokio::test(start_paused = true)]
async fn a_value_answers_for_a_failed_call() {
    assert_eq!(FallbackLayer::value(7).layer(failing()).oneshot(1).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_value_answers_every_failed_call() {
    let mut service = FallbackLayer::value(7).layer(failing());
    for request in 0..3 {
        assert_eq!(service.ready().await.unwrap().call(request).await.unwrap(), 7);
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_sees_the_error() {
    let step = fallback::function(|failed: Result<&u32, &Error>| {
        Ok::<_, Infallible>(failed.err().and_then(down).unwrap_or(0) + 10)
    });
    assert_eq!(FallbackLayer::new(step).layer(failing()).oneshot(3).await.unwrap(), 13);
}

#[tokio::test(start_paused = true)]
async fn a_function_sees_the_response() {
    let step = fallback::function(|failed: Result<&u32, &Error>| Ok::<_, Infallible>(failed.map_or(0, |n| n + 10)));
    let layer = FallbackLayer::new(step).classify(|_: Result<&u32, &Error>| Outcome::Failed);
    assert_eq!(layer.layer(answering()).oneshot(3).await.unwrap(), 13);
}

#[tokio::test(start_paused = true)]
async fn a_function_sees_a_rejection_whole() {
    let step = fallback::function(|failed: Result<&u32, &Error>| {
        let rejection = failed.err().and_then(Error::rejection).map(Rejection::reason);
        Ok::<_, Infallible>(u32::from(rejection == Some(RejectionReason::Full)))
    });
    let rejecting = BulkheadLayer::new(0).layer(answering());
    assert_eq!(FallbackLayer::new(step).layer(rejecting).oneshot(3).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_function_gets_what_was_kept_of_the_request_and_the_error() {
    let keep = |request: &String| request.len();
    let step = fallback::function_of(keep, |kept: usize, failed: Result<&usize, &Error>| {
        Ok::<_, Infallible>(kept * 10 + usize::from(failed.is_err()))
    });
    let inner = strict(|request: String| {
        drop(request);
        ready(Err::<usize, _>(Down(1)))
    });
    assert_eq!(FallbackLayer::new(step).layer(inner).oneshot("four".into()).await.unwrap(), 41);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_taken_before_the_request_is_sent() {
    let order = Arc::new(AtomicUsize::new(0));
    let (keeps, sends) = (Arc::clone(&order), Arc::clone(&order));
    let keep = move |_: &u32| keeps.fetch_add(1, SeqCst);
    let step = fallback::function_of(keep, |kept: usize, _: Result<&usize, &Error>| Ok::<_, Infallible>(kept));
    let inner = strict(move |_: u32| {
        sends.fetch_add(1, SeqCst);
        ready(Err::<usize, _>(Down(1)))
    });
    assert_eq!(FallbackLayer::new(step).layer(inner).oneshot(0).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn each_call_gets_what_was_kept_of_its_own_request() {
    let step = fallback::function_of(|n: &u32| *n, |kept, _: Result<&u32, &Error>| Ok::<_, Infallible>(kept));
    let mut service = FallbackLayer::new(step).layer(failing());
    let first = service.ready().await.unwrap().call(1);
    let second = service.ready().await.unwrap().call(2);
    assert_eq!((second.await.unwrap(), first.await.unwrap()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_future_answers_in_its_own_time() {
    let step = fallback::future_of(
        |request: &u32| *request,
        |kept, failed: Result<&u32, &Error>| {
            let error = failed.err().and_then(down).unwrap_or(0);
            async move {
                sleep(LIMIT).await;
                Ok::<_, Infallible>(kept * 10 + error)
            }
        },
    );
    let mut call = spawn(FallbackLayer::new(step).layer(failing()).oneshot(4));
    assert!(call.poll().is_pending());
    advance(NEARLY).await;
    assert!(!call.is_woken());
    advance(TICK).await;
    assert!(call.is_woken());
    assert!(matches!(call.poll(), Poll::Ready(Ok(44))));
}

#[tokio::test(start_paused = true)]
async fn another_service_answers_the_same_request() {
    let other = strict(|request: u32| ready(Ok::<_, Infallible>(request * 10)));
    let layer = FallbackLayer::new(fallback::service(other));
    assert_eq!(layer.layer(failing()).oneshot(4).await.unwrap(), 40);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_cannot_be_readied_is_a_step_that_failed() {
    let step = fallback::service(Unready::new([Err(Down(8))]));
    let error = FallbackLayer::new(step).layer(failing()).oneshot(1).await.unwrap_err();
    assert_eq!(down(both(&error).error()), Some(8));
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_rejected_makes_way_for_the_next() {
    let layer = FallbackLayer::new(fallback::service(BulkheadLayer::new(0).layer(answering())))
        .or(fallback::service(answering()));
    assert_eq!(layer.layer(failing()).oneshot(4).await.unwrap(), 4);
}
