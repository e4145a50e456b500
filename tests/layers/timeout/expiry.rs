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
    let mut service = TimeoutLayer::new(SECOND).layer(service);
    let mut call = task::spawn(call(&mut service));
    drop(service);
    assert_pending!(call.poll());
    advance(SECOND).await;
    elapsed(assert_ready!(call.poll()));
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[tokio::test(start_paused = true)]
async fn the_error_says_the_limit() {
    let ended = elapsed(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()).await);
    assert_eq!(ended.limit(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_error_says_the_time_that_really_elapsed() {
    let mut call = task::spawn(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()));
    assert_pending!(call.poll());
    advance(1300 * MS).await;
    let ended = elapsed(assert_ready!(call.poll()));
    assert_eq!((ended.limit(), ended.elapsed()), (SECOND, 1300 * MS));
}

#[tokio::test(start_paused = true)]
async fn the_error_reads_as_both() {
    let text = TimeoutLayer::new(1500 * MS).layer(stuck()).oneshot(()).await.unwrap_err().to_string();
    assert!(text.contains("timed out after 1.5s of 1.5s"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn the_error_is_not_a_rejection() {
    let error = TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()).await.unwrap_err();
    assert!(error.is_timeout() && error.rejection().is_none());
}

#[tokio::test(start_paused = true)]
async fn the_error_stays_what_it_is_through_a_foreign_layer() {
    let inner = TimeoutLayer::new(SECOND).layer(stuck()).map_err(BoxError::from);
    let ended = elapsed(TimeoutLayer::new(3 * SECOND).layer(inner).oneshot(()).await);
    assert_eq!(ended.limit(), SECOND);
}
