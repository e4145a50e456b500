use super::*;

#[tokio::test(start_paused = true)]
async fn polls_in_between_do_not_put_the_end_off() {
    let mut call = task::spawn(TimeoutLayer::new(100 * MS).layer(stuck()).oneshot(()));
    for _ in 0..10 {
        assert_pending!(call.poll());
        advance(10 * MS).await;
    }
    elapsed(assert_ready!(call.poll()));
}

#[tokio::test(start_paused = true)]
async fn a_spurious_wake_leaves_the_timer_armed() {
    let mut call = task::spawn(TimeoutLayer::new(100 * MS).layer(stuck()).oneshot(()));
    assert_pending!(call.poll());
    advance(50 * MS).await;
    assert_pending!(call.poll());
    advance(49 * MS).await;
    assert!(!call.is_woken());
    advance(MS).await;
    assert!(call.is_woken());
}

#[tokio::test(start_paused = true)]
async fn a_future_moved_to_another_task_wakes_that_task() {
    let call = Box::pin(TimeoutLayer::new(100 * MS).layer(stuck()).oneshot(()));
    let mut one = task::spawn(call);
    assert_pending!(one.poll());
    let mut other = task::spawn(one.into_inner());
    assert_pending!(other.poll());
    advance(100 * MS).await;
    assert!(other.is_woken());
    elapsed(assert_ready!(other.poll()));
}

#[tokio::test(start_paused = true)]
async fn a_future_polled_first_in_one_task_is_ended_in_another() {
    let mut call = Box::pin(TimeoutLayer::new(100 * MS).layer(stuck()).oneshot(()));
    #[expect(clippy::async_yields_async, reason = "the call moves on to another task")]
    let call = tokio::spawn(async move {
        assert!(futures_util::poll!(&mut call).is_pending());
        call
    });
    let call = call.await.unwrap();
    assert_eq!(elapsed(tokio::spawn(call).await.unwrap()).elapsed(), 100 * MS);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_uses_up_the_budget_of_its_task_is_ended() {
    let service = strict(|()| async {
        let semaphore = Semaphore::new(1);
        loop {
            // Each acquisition costs a part of the budget that tokio gives to a poll.
            drop(semaphore.acquire().await);
        }
        #[expect(unreachable_code, reason = "it gives the block its type")]
        Ok::<(), Down>(())
    });
    let call = tokio::spawn(TimeoutLayer::new(100 * MS).layer(service).oneshot(()));
    tokio::task::yield_now().await;
    for _ in 0..10 {
        advance(50 * MS).await;
    }
    assert!(call.is_finished());
}
