use super::*;

/// How many attempts a call makes that fails.
fn attempts(retry: &RetryLayer) -> usize {
    let service = failing();
    let calls = service.calls();
    retry.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    calls.count()
}

#[test]
fn each_layer_has_a_budget_of_a_hundred_tokens_by_default() {
    let layer = RetryLayer::builder("retry").build().unwrap();
    assert_eq!(layer.budget().unwrap().available(), 100);
}

#[test]
fn two_layers_have_two_budgets_by_default() {
    let layer = || hasty().max_attempts(2).build().unwrap();
    let (one, other) = (layer(), layer());
    attempts(&one);
    assert_eq!(other.budget().unwrap().available(), 100);
}

#[test]
fn it_starts_full() {
    assert_eq!(fixed_budget(7).available(), 7);
}

#[test]
fn each_retry_costs_one_token() {
    let budget = fixed_budget(7);
    attempts(&hasty().max_attempts(4).budget(budget.clone()).build().unwrap());
    assert_eq!(budget.available(), 4);
}

#[test]
fn a_first_attempt_costs_nothing() {
    let budget = fixed_budget(7);
    let layer = hasty().budget(budget.clone()).build().unwrap();
    layer.layer(scripted([Ok(())])).oneshot(()).now_or_never().unwrap().unwrap();
    assert_eq!(budget.available(), 7);
}

#[test]
fn no_retry_is_made_without_a_token() {
    let layer = hasty().max_attempts(5).budget(fixed_budget(2)).build().unwrap();
    assert_eq!((attempts(&layer), attempts(&layer)), (3, 1));
}

#[test]
fn less_than_a_token_is_none() {
    let budget = Budget::builder().capacity(1).ratio(0.999_999).per_second(0.0).build().unwrap();
    let layer = hasty().max_attempts(2).budget(budget).build().unwrap();
    assert_eq!((attempts(&layer), attempts(&layer)), (2, 1));
}

#[test]
fn without_a_token_the_last_result_is_returned_as_it_is() {
    let layer = hasty().max_attempts(5).budget(fixed_budget(1)).build().unwrap();
    let service = scripted::<()>([Err(Down(1)), Err(Down(2))]);
    let error = layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(error.downcast::<Down>().unwrap(), Down(2));
}

#[test]
fn an_event_says_that_the_budget_stopped_the_retrying() {
    let layer = hasty().budget(fixed_budget(1)).build().unwrap();
    let events = Events::record();
    attempts(&layer);
    assert_eq!(stop(&events), "budget");
}

#[test]
fn clones_of_a_service_share_it() {
    let layer = hasty().max_attempts(2).budget(fixed_budget(1)).build().unwrap();
    let service = failing();
    let calls = service.calls();
    let service = layer.layer(service);
    for clone in [service.clone(), service] {
        clone.oneshot(()).now_or_never().unwrap().unwrap_err();
    }
    assert_eq!(calls.count(), 3);
}

#[test]
fn clones_of_a_layer_share_it() {
    let layer = hasty().max_attempts(2).budget(fixed_budget(1)).build().unwrap();
    assert_eq!((attempts(&layer.clone()), attempts(&layer)), (2, 1));
}

#[test]
fn layers_share_the_budget_they_are_given() {
    let budget = fixed_budget(1);
    let layer = || hasty().max_attempts(2).budget(budget.clone()).build().unwrap();
    assert_eq!((attempts(&layer()), attempts(&layer())), (2, 1));
}

#[test]
fn without_one_the_retries_are_not_bounded() {
    let layer = hasty().max_attempts(1000).without_budget().build().unwrap();
    assert_eq!((attempts(&layer), layer.budget().is_none()), (1000, true));
}

#[tokio::test(start_paused = true)]
async fn a_fifth_of_a_token_five_times_is_one_by_default() {
    let budget = Budget::builder().capacity(1).per_second(0.0).build().unwrap();
    let layer = hasty().max_attempts(2).budget(budget.clone()).build().unwrap();
    attempts(&layer);
    let mut available = Vec::new();
    for _ in 0..5 {
        layer.layer(scripted([Ok(())])).oneshot(()).await.unwrap();
        available.push(budget.available());
    }
    assert_eq!(available, [0, 0, 0, 0, 1]);
}

#[test]
fn a_call_deposits_as_it_begins() {
    let budget = Budget::builder().capacity(1).ratio(1.0).per_second(0.0).build().unwrap();
    let layer = hasty().max_attempts(2).budget(budget.clone()).build().unwrap();
    attempts(&layer);
    let mut service = layer.layer(failing());
    drop(service.ready().now_or_never().unwrap().unwrap().call(()));
    assert_eq!(budget.available(), 1);
}

#[tokio::test(start_paused = true)]
async fn it_gains_ten_tokens_a_second_by_default_one_after_another() {
    let budget = Budget::builder().ratio(0.0).build().unwrap();
    drain(&budget);
    advance(just_before(100 * MS)).await;
    assert_eq!(budget.available(), 0);
    advance(TICK).await;
    assert_eq!(budget.available(), 1);
    advance(900 * MS).await;
    assert_eq!(budget.available(), 10);
}

#[tokio::test(start_paused = true)]
async fn looking_at_it_often_loses_no_part_of_a_token() {
    let budget = Budget::builder().ratio(0.0).per_second(3.0).build().unwrap();
    drain(&budget);
    for _ in 0..1000 {
        advance(MS).await;
        budget.available();
    }
    assert_eq!(budget.available(), 3);
}

#[tokio::test(start_paused = true)]
async fn it_never_holds_more_than_its_capacity() {
    let budget = Budget::builder().capacity(3).ratio(1000.0).build().unwrap();
    let layer = hasty().max_attempts(2).budget(budget.clone()).build().unwrap();
    advance(1_000_000 * SECOND).await;
    for _ in 0..10 {
        layer.layer(scripted([Ok(())])).oneshot(()).await.unwrap();
    }
    assert_eq!(budget.available(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_withdrawn_before_the_wait() {
    let budget = fixed_budget(1);
    let layer = patient(SECOND).budget(budget.clone()).build().unwrap();
    let mut call = task::spawn(layer.layer(failing()).oneshot(()));
    assert_pending!(call.poll());
    assert_eq!(budget.available(), 0);
}

#[tokio::test(start_paused = true)]
async fn of_two_calls_that_want_the_last_token_one_retries() {
    let layer = patient(SECOND).budget(fixed_budget(1)).build().unwrap();
    let mut one = task::spawn(layer.layer(failing()).oneshot(()));
    let mut other = task::spawn(layer.layer(failing()).oneshot(()));
    assert_pending!(one.poll());
    assert_ready!(other.poll()).unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_token_given_back_never_overfills_it() {
    let budget = Budget::builder().capacity(1).ratio(0.0).build().unwrap();
    let layer = patient(SECOND).budget(budget.clone()).build().unwrap();
    let mut call = task::spawn(layer.layer(failing()).oneshot(()));
    assert_pending!(call.poll());
    advance(SECOND / 2).await;
    drop(call);
    assert_eq!(budget.available(), 1);
}

#[test]
fn threads_together_get_no_more_than_it_holds() {
    let layer = hasty().max_attempts(2).budget(fixed_budget(50)).build().unwrap();
    let service = failing();
    let calls = service.calls();
    let service = layer.layer(service);
    let hammer = |_| {
        let service = service.clone();
        thread::spawn(move || (0..200).for_each(|_| drop(service.clone().oneshot(()).now_or_never())))
    };
    let threads: Vec<_> = (0..2).map(hammer).collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(calls.count(), 400 + 50);
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
    let layer = hasty().budget(budget.clone()).build().unwrap();
    let call = layer.layer(service).oneshot(());
    catch_unwind(AssertUnwindSafe(|| call.now_or_never())).unwrap_err();
    assert_eq!(budget.available(), 0);
}

#[test]
fn illegal_settings_are_errors() {
    let setting = |builder: palisade::retry::BudgetBuilder| builder.build().unwrap_err().setting();
    assert_eq!(setting(Budget::builder().capacity(0)), "capacity");
    for illegal in [-0.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX] {
        assert_eq!(setting(Budget::builder().ratio(illegal)), "ratio");
        assert_eq!(setting(Budget::builder().per_second(illegal)), "per_second");
    }
}

#[test]
fn the_largest_settings_are_legal() {
    let budget = Budget::builder().capacity(u32::MAX).ratio(1e3).per_second(1e6).build().unwrap();
    let layer = hasty().max_attempts(2).budget(budget.clone()).build().unwrap();
    attempts(&layer);
    assert!(budget.available() >= u64::from(u32::MAX) - 1);
}
