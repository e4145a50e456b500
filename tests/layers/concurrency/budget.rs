use super::*;

fn retry(budget: &Budget, backoff: Backoff) -> RetryLayer {
    RetryLayer::builder("hammered").max_attempts(4).backoff(backoff).budget(budget.clone()).build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn layers_that_share_a_budget_get_what_it_holds_together() {
    let budget = Budget::builder().capacity(50).ratio(0.0).per_second(0.0).build().unwrap();
    let service = down();
    let calls = service.calls();
    let services = [(); 2].map(|()| retry(&budget, Backoff::none()).layer(service.clone()));
    hammer(services, 20, |services, n| async move {
        services[n % 2].clone().oneshot(()).await.unwrap_err();
        yield_now().await;
    })
    .await;
    assert_eq!((calls.count() - 20 * TASKS, budget.available()), (50, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deposits_of_all_threads_are_spent_once() {
    // Spent in part, so that no deposit overflows.
    let budget = Budget::builder().capacity(1000).ratio(0.5).per_second(0.0).build().unwrap();
    let service = down();
    let calls = service.calls();
    let service = retry(&budget, Backoff::none()).layer(service);
    while budget.available() > 500 {
        service.clone().oneshot(()).await.unwrap_err();
    }
    let (held, before) = (budget.available(), calls.count());
    hammer(service, 50, |service, _| async move { service.oneshot(()).await.unwrap_err() }).await;
    let first_attempts = 50 * TASKS;
    let retries = (calls.count() - before - first_attempts) as u64;
    assert_eq!(retries + budget.available(), held + first_attempts as u64 / 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_dropped_before_they_were_sent_give_all_tokens_back() {
    let budget = Budget::builder().capacity(5).ratio(0.0).per_second(0.0).build().unwrap();
    let service = down();
    let calls = service.calls();
    let service = retry(&budget, Backoff::constant(DAY)).layer(service);
    hammer(service, 50, |service, n| async move { abandoned_after(1 + n % 3, service.oneshot(())).await.is_some() })
        .await;
    assert_eq!((calls.count(), budget.available()), (50 * TASKS, 5));
}
