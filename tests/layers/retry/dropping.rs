use palisade::test_util::drop_after;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_call_dropped_after_any_poll_gives_back_what_it_did_not_use() {
    // First attempt: polls 1 and 2. Wait: up to poll 3. Readiness of the second attempt: polls 3 and 4. Its end: poll 5.
    for (polls, sent, tokens) in [(0, 1, 1), (1, 1, 1), (2, 1, 1), (3, 1, 1), (4, 2, 0)] {
        let (alive, budget) = (Arc::new(()), fixed_budget(1));
        let held = Arc::clone(&alive);
        let inner = strict(move |()| {
            let held = Arc::clone(&held);
            async move {
                tokio::task::yield_now().await;
                drop(held);
                Err::<(), _>(Down(1))
            }
        });
        let calls = inner.calls();
        let layer = patient(10 * MILLI).max_attempts(2).budget(budget.clone()).build().unwrap();
        let mut service = layer.layer(inner.readiness([READY, Poll::Pending]));
        let call = service.ready().await.unwrap().call(());
        drop(service);
        assert!(drop_after(polls, call).await.is_none());
        advance(SECOND).await;
        assert_eq!((calls.count(), budget.available()), (sent, tokens), "after {polls} polls");
        assert_eq!(Arc::strong_count(&alive), 1, "after {polls} polls nothing is in flight");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_around_gives_the_token_of_a_waiting_call_back() {
    let budget = fixed_budget(1);
    let layer = patient(10 * MILLI).max_attempts(2).budget(budget.clone()).build().unwrap();
    let never_again = down::<()>().readiness([READY]).stalled();
    elapsed(TimeoutLayer::new(SECOND).layer(layer.layer(never_again)).oneshot(()).await);
    assert_eq!(budget.available(), 1);
}
