use super::*;

#[tokio::test(start_paused = true)]
async fn a_call_dropped_after_any_poll_sends_nothing_more() {
    for polls in 0..=4 {
        let service = Slow::new();
        let sent = Arc::clone(&service.sent);
        let before = service.drop_call_after(polls, &fixed_budget(1)).await;
        advance(SECOND).await;
        assert_eq!(sent.load(Ordering::SeqCst), before, "after {polls} polls");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_after_any_poll_drops_what_is_in_flight() {
    for polls in 0..=4 {
        let service = Slow::new();
        let alive = Arc::clone(&service.alive);
        service.drop_call_after(polls, &fixed_budget(1)).await;
        assert_eq!(Arc::strong_count(&alive), 1, "after {polls} polls");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_while_it_waits_gives_its_token_back() {
    let budget = fixed_budget(1);
    assert_eq!(Slow::new().drop_call_after(2, &budget).await, 1);
    assert_eq!(budget.available(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_while_its_retry_awaits_readiness_gives_its_token_back() {
    let budget = fixed_budget(1);
    assert_eq!(Slow::new().drop_call_after(3, &budget).await, 1);
    assert_eq!(budget.available(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_after_its_retry_was_sent_has_spent_its_token() {
    let budget = fixed_budget(1);
    assert_eq!(Slow::new().drop_call_after(4, &budget).await, 2);
    assert_eq!(budget.available(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_around_gives_the_token_of_a_waiting_call_back() {
    let budget = fixed_budget(1);
    let layer = patient(10 * MS).max_attempts(2).budget(budget.clone()).build().unwrap();
    // Readiness of the second attempt never comes.
    let service = Unready { ready: true };
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(layer);
    assert!(stack.service(service).oneshot(()).await.unwrap_err().is_timeout());
    assert_eq!(budget.available(), 1);
}
