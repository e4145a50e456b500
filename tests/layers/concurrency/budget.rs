use super::*;

fn down() -> support::Strict<impl FnMut(()) -> Ready<Result<(), Down>> + Clone + Send + 'static> {
    strict(|()| ready(Err(Down(0))))
}

fn retry(budget: &Budget) -> RetryLayer {
    let builder = RetryLayer::builder("hammered").max_attempts(4).backoff(Backoff::none());
    builder.budget(budget.clone()).build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_hands_out_exactly_what_it_holds() {
    let budget = Budget::builder().capacity(50).ratio(0.0).per_second(0.0).build().unwrap();
    let service = down();
    let calls = service.calls();
    let service = retry(&budget).layer(service);
    tasks(|_| {
        let service = service.clone();
        async move {
            for _ in 0..20 {
                service.clone().oneshot(()).await.unwrap_err();
                yield_now().await;
            }
        }
    })
    .await;
    assert_eq!((calls.count() - 20 * TASKS, budget.available()), (50, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn layers_that_share_a_budget_get_no_more_than_it_holds_together() {
    let budget = Budget::builder().capacity(50).ratio(0.0).per_second(0.0).build().unwrap();
    let service = down();
    let calls = service.calls();
    let services = [retry(&budget).layer(service.clone()), retry(&budget).layer(service)];
    tasks(|n| {
        let service = services[n % 2].clone();
        async move {
            for _ in 0..20 {
                service.clone().oneshot(()).await.unwrap_err();
                yield_now().await;
            }
        }
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
    let service = retry(&budget).layer(service);
    while budget.available() > 500 {
        service.clone().oneshot(()).await.unwrap_err();
    }
    let (held, before) = (budget.available(), calls.count());
    tasks(|_| {
        let service = service.clone();
        async move {
            for _ in 0..50 {
                service.clone().oneshot(()).await.unwrap_err();
            }
        }
    })
    .await;
    let first_attempts = 50 * TASKS;
    let retries = (calls.count() - before - first_attempts) as u64;
    let deposits = first_attempts as u64 / 2;
    assert_eq!(retries + budget.available(), held + deposits);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_dropped_before_they_were_sent_give_all_tokens_back() {
    let budget = Budget::builder().capacity(5).ratio(0.0).per_second(0.0).build().unwrap();
    let builder = RetryLayer::builder("hammered").max_attempts(2).backoff(Backoff::constant(DAY));
    let retry = builder.budget(budget.clone()).build().unwrap();
    let service = down();
    let calls = service.calls();
    let service = retry.layer(service);
    tasks(|n| {
        let service = service.clone();
        async move {
            for turn in 0..50 {
                abandoned_after(1 + (n + turn) % 3, service.clone().oneshot(())).await;
            }
        }
    })
    .await;
    assert_eq!((calls.count(), budget.available()), (50 * TASKS, 5));
}
