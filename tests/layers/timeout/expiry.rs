use super::*;

#[tokio::test(start_paused = true)]
async fn the_inner_future_is_dropped() {
    let alive = Arc::new(());
    let held = Arc::clone(&alive);
    let service = strict(move |()| {
        let held = Arc::clone(&held);
        async move {
            let answer = pending::<Result<(), Down>>().await;
            drop(held);
            answer
        }
    });
    let mut call = begin(&mut TimeoutLayer::new(SECOND).layer(service), ());
    advance(SECOND).await;
    elapsed(assert_ready!(call.poll()));
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[tokio::test(start_paused = true)]
async fn the_error_says_the_limit_and_the_time_that_really_elapsed() {
    let mut call = begin(&mut TimeoutLayer::new(SECOND).layer(hung()), ());
    advance(1300 * MILLI).await;
    let error = assert_ready!(call.poll()).unwrap_err();
    assert!(error.is_timeout() && error.rejection().is_none());
    assert!(error.to_string().contains("timed out after 1.3s of 1s"), "{error}");
    let ended = elapsed(Err::<(), _>(error));
    assert_eq!((ended.limit(), ended.elapsed()), (SECOND, 1300 * MILLI));
}

#[tokio::test(start_paused = true)]
async fn the_error_stays_what_it_is_through_a_foreign_layer() {
    let inner = TimeoutLayer::new(SECOND).layer(hung()).map_err(BoxError::from);
    let ended = elapsed(TimeoutLayer::new(3 * SECOND).layer(inner).oneshot(()).await);
    assert_eq!(ended.limit(), SECOND);
}
