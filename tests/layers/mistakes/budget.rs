//! The budget.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_retry_withdraws_before_it_sleeps() {
    let budget = budget(1);
    let retry = retry().backoff(Backoff::constant(SECOND)).max_attempts(2).budget(budget.clone()).build().unwrap();
    let inner = down();
    let calls = inner.calls();
    let service = retry.layer(inner);
    let mut first = task::spawn(service.clone().oneshot(()));
    assert_pending!(first.poll());
    assert_eq!(budget.available(), 0);
    let mut second = task::spawn(service.oneshot(()));
    assert!(assert_ready!(second.poll()).is_err());
    advance(SECOND).await;
    assert!(assert_ready!(first.poll()).is_err());
    assert_eq!(calls.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_spent_budget_does_not_hide_the_real_error() {
    let budget = budget(1);
    let service = retry().budget(budget.clone()).build().unwrap().layer(down());
    service.clone().oneshot(()).await.unwrap_err();
    assert_eq!(budget.available(), 0);
    let error = service.oneshot(()).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(1)));
}

/// How many retries 4 threads of 20,000 calls each make together.
fn retries_of_threads(budget: Budget) -> usize {
    let inner = down();
    let calls: Calls = inner.calls();
    let service = retry().max_attempts(2).budget(budget).build().expect("the settings are legal").layer(inner);
    thread::scope(|scope| {
        for _ in 0..4 {
            let service = service.clone();
            scope.spawn(move || (0..20_000).for_each(|_| drop(service.clone().oneshot(()).now_or_never())));
        }
    });
    calls.count() - 80_000
}

#[test]
fn a_budget_hands_out_no_more_than_it_holds() {
    assert_eq!(retries_of_threads(budget(37)), 37);
    // Half of a token for each call: so there is a last token to be had at any time.
    let gaining = Budget::builder().capacity(10).ratio(0.5).per_second(0.0).build().unwrap();
    let retries = retries_of_threads(gaining);
    assert!((40_000..=40_010).contains(&retries), "{retries}");
}
