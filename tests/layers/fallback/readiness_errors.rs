use super::*;

#[tokio::test(start_paused = true)]
async fn are_kept_until_the_call() {
    let inner = Unready::new([Err(Down(9))]);
    let sent = Arc::clone(&inner.sent);
    let mut service = FallbackLayer::value(7).layer(inner);
    assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
    assert_eq!(service.call(1).await.unwrap(), 7);
    assert_eq!(sent.load(SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn are_what_the_step_sees() {
    let step = fallback::function_of(
        |request: &u32| *request,
        |kept, failed: Result<&u32, &Error>| Ok::<_, Infallible>(kept * 10 + failed.err().and_then(down).unwrap_or(0)),
    );
    let mut service = FallbackLayer::new(step).layer(Unready::new([Err(Down(9))]));
    assert!(poll_ready(&mut service).is_ready());
    assert_eq!(service.call(1).await.unwrap(), 19);
}

#[tokio::test(start_paused = true)]
async fn are_the_result_where_no_fallback_is_taken() {
    let layer = FallbackLayer::value(7).take_if(|_: Result<&u32, &Error>| false);
    let mut service = layer.layer(Unready::new([Err(Down(9))]));
    assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
    assert_eq!(down(&service.call(1).await.unwrap_err()), Some(9));
}

#[tokio::test(start_paused = true)]
async fn are_the_context_where_the_step_fails_too() {
    let mut service = FallbackLayer::new(failing_step(2)).layer(Unready::new([Err(Down(9))]));
    assert!(poll_ready(&mut service).is_ready());
    let error = service.call(1).await.unwrap_err();
    assert_eq!(both(&error).before().and_then(down), Some(9));
}

#[tokio::test(start_paused = true)]
async fn do_not_make_the_inner_be_asked_again_before_the_call() {
    let inner = Unready::new([Err(Down(9))]);
    let asked = Arc::clone(&inner.asked);
    let mut service = FallbackLayer::value(7).layer(inner);
    assert!(poll_ready(&mut service).is_ready());
    assert!(poll_ready(&mut service).is_ready());
    assert_eq!(asked.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn last_for_one_call() {
    let mut service = FallbackLayer::value(7).layer(Unready::new([Err(Down(9)), Ok(())]));
    assert!(poll_ready(&mut service).is_ready());
    assert_eq!(service.call(1).await.unwrap(), 7);
    assert!(poll_ready(&mut service).is_ready());
    assert_eq!(service.call(1).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn are_not_cloned() {
    let mut service = FallbackLayer::value(7).layer(Unready::new([Err(Down(9)), Ok(())]));
    assert!(poll_ready(&mut service).is_ready());
    let mut clone = service.clone();
    assert!(poll_ready(&mut clone).is_ready());
    assert_eq!(clone.call(1).await.unwrap(), 1);
    assert_eq!(service.call(1).await.unwrap(), 7);
}
