use super::*;

/// How many attempts a call makes that fails.
fn attempts(retry: &RetryLayer) -> usize {
    send(retry, &[1]).1
}

/// At most one retry for each call, on this budget.
fn once(budget: &Budget) -> RetryLayer {
    hasty().max_attempts(2).budget(budget.clone()).build().unwrap()
}

#[test]
fn by_default_each_layer_has_its_own_hundred_tokens() {
    let (one, other) = (hasty().build().unwrap(), hasty().build().unwrap());
    attempts(&one);
    assert_eq!([&one, &other].map(|layer| layer.budget().unwrap().available()), [98, 100]);
}

#[test]
fn each_retry_costs_a_token_and_a_first_attempt_none() {
    let budget = fixed_budget(7);
    let layer = hasty().max_attempts(4).budget(budget.clone()).build().unwrap();
    send(&layer, &[200]);
    assert_eq!(budget.available(), 7);
    attempts(&layer);
    assert_eq!(budget.available(), 4);
}

#[test]
fn no_retry_is_made_without_a_whole_token() {
    let layer = hasty().max_attempts(5).budget(fixed_budget(2)).build().unwrap();
    assert_eq!([attempts(&layer), attempts(&layer)], [3, 1]);
    let almost = Budget::builder().capacity(1).ratio(0.999_999).per_second(0.0).build().unwrap();
    assert_eq!([attempts(&once(&almost)), attempts(&once(&almost))], [2, 1]);
}

#[test]
fn layers_and_services_and_their_clones_share_a_budget() {
    let budget = fixed_budget(1);
    let layer = once(&budget);
    let service = coded(&[1]);
    let calls = service.calls();
    let service = layer.layer(service);
    for clone in [service.clone(), service] {
        clone.oneshot(7).now_or_never().unwrap().unwrap_err();
    }
    assert_eq!(calls.count(), 3);
    assert_eq!([attempts(&layer.clone()), attempts(&once(&budget))], [1, 1]);
}

#[test]
fn without_one_the_retries_are_not_bounded() {
    let layer = hasty().max_attempts(1000).without_budget().build().unwrap();
    assert_eq!((attempts(&layer), layer.budget().is_none()), (1000, true));
}

#[test]
fn by_default_five_calls_deposit_a_token() {
    let budget = Budget::builder().capacity(1).per_second(0.0).build().unwrap();
    attempts(&once(&budget));
    let available = [(); 5].map(|()| {
        send(&once(&budget), &[200]);
        budget.available()
    });
    assert_eq!(available, [0, 0, 0, 0, 1]);
}

#[test]
fn a_call_deposits_as_it_begins() {
    let budget = Budget::builder().capacity(1).ratio(1.0).per_second(0.0).build().unwrap();
    attempts(&once(&budget));
    let mut service = once(&budget).layer(coded(&[1]));
    drop(call(&mut service, 7));
    assert_eq!(budget.available(), 1);
}

#[tokio::test(start_paused = true)]
async fn by_default_it_gains_ten_tokens_a_second_one_after_another() {
    let budget = Budget::builder().ratio(0.0).build().unwrap();
    attempts(&hasty().max_attempts(u32::MAX).budget(budget.clone()).build().unwrap());
    for (pause, tokens) in [(just_before(100 * MILLI), 0), (NANO, 1), (900 * MILLI, 10)] {
        advance(pause).await;
        assert_eq!(budget.available(), tokens);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_withdrawn_before_the_wait() {
    let budget = fixed_budget(1);
    let service = patient(SECOND).budget(budget.clone()).build().unwrap().layer(coded(&[1]));
    let _waiting = begin(&mut service.clone(), 7);
    assert_eq!(budget.available(), 0);
    assert!(service.oneshot(7).now_or_never().is_some(), "of two calls that want the last token one retries");
}

#[test]
fn a_retry_that_panics_once_it_is_sent_has_spent_its_token() {
    let budget = fixed_budget(1);
    let attempt = Arc::new(AtomicUsize::new(0));
    let service = strict(move |()| {
        let number = attempt.fetch_add(1, Ordering::SeqCst);
        async move {
            assert_eq!(number, 0, "the second attempt panics");
            Err::<(), _>(Down(1))
        }
    });
    let call = once(&budget).layer(service).oneshot(());
    assert!(panics(|| call.now_or_never()));
    assert_eq!(budget.available(), 0);
}
