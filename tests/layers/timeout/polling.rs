use super::*;

#[tokio::test(start_paused = true)]
async fn polls_in_between_neither_delay_the_end_nor_disarm_the_timer() {
    let mut call = begin(&mut TimeoutLayer::new(100 * MILLI).layer(hung()), ());
    for _ in 0..9 {
        advance(10 * MILLI).await;
        assert!(!call.is_woken());
        assert_pending!(call.poll());
    }
    advance(10 * MILLI).await;
    assert!(call.is_woken());
    elapsed(assert_ready!(call.poll()));
}

#[tokio::test(start_paused = true)]
async fn a_future_moved_to_another_task_wakes_that_task() {
    let call = Box::pin(TimeoutLayer::new(100 * MILLI).layer(hung::<()>()).oneshot(()));
    let mut one = task::spawn(call);
    assert_pending!(one.poll());
    let mut other = task::spawn(one.into_inner());
    assert_pending!(other.poll());
    advance(100 * MILLI).await;
    assert!(other.is_woken());
    elapsed(assert_ready!(other.poll()));
}

#[tokio::test(start_paused = true)]
async fn a_future_polled_first_in_one_task_is_ended_in_another() {
    let mut call = Box::pin(TimeoutLayer::new(100 * MILLI).layer(hung::<()>()).oneshot(()));
    #[expect(clippy::async_yields_async, reason = "the call moves on to another task")]
    let call = tokio::spawn(async move {
        assert!(futures_util::poll!(&mut call).is_pending());
        call
    });
    let call = call.await.unwrap();
    assert_eq!(elapsed(tokio::spawn(call).await.unwrap()).elapsed(), 100 * MILLI);
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
    let call = tokio::spawn(TimeoutLayer::new(100 * MILLI).layer(service).oneshot(()));
    tokio::task::yield_now().await;
    for _ in 0..10 {
        advance(50 * MILLI).await;
    }
    assert!(call.is_finished());
}
