use super::*;

#[tokio::test(start_paused = true)]
async fn each_hedge_that_is_sent_takes_a_token() {
    let budget = fixed_budget(3);
    let layer = ten().max_hedges(2).budget(budget.clone()).build().unwrap();
    assert_eq!(send(&layer, &[(50, 200)]).await, seen(200, &[0, 10, 20], 50));
    assert_eq!(budget.available(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_token_the_call_goes_on_as_it_is() {
    let layer = ten().classify(by_code).max_hedges(3).budget(fixed_budget(1)).build().unwrap();
    assert_eq!(send(&layer, &[(50, 200)]).await, seen(200, &[0, 10], 50));
    assert_eq!(send(&layer, &[(50, 200)]).await, seen(200, &[0], 50), "no token");
    assert_eq!(send(&layer, &[(5, 503)]).await, seen(503, &[0], 5), "no token, and nothing in flight");
}

#[tokio::test(start_paused = true)]
async fn its_own_budget_has_ten_tokens_and_gains_a_tenth_a_call() {
    let layer = HedgeLayer::builder("hedge").after(Duration::ZERO).build().unwrap();
    let budget = layer.handle().budget();
    assert_eq!(budget.to_string(), "10 tokens + 0.1 a call + 1 a second");
    for _ in 0..10 {
        send(&layer, &[(0, 200)]).await;
    }
    assert_eq!(budget.available(), 10);
    let mut hung = [(); 11].map(|()| task::spawn(layer.layer(hung::<u32>()).oneshot(7)));
    for call in &mut hung {
        assert_pending!(call.poll());
    }
    assert_eq!(budget.available(), 0, "eleven calls have brought one more");
}

#[tokio::test(start_paused = true)]
async fn a_retry_may_share_it() {
    let budget = fixed_budget(1);
    let retry = RetryLayer::builder("retry").backoff(Backoff::none()).budget(budget.clone()).build().unwrap();
    let stack = (retry, ten().budget(budget.clone()).build().unwrap());
    assert_eq!(send(&stack, &[(90, 1), (5, 2)]).await, seen(1, &[0, 10], 90), "the hedge took the token of the retry");
}

#[tokio::test(start_paused = true)]
async fn what_matters_less_is_hedged_first_no_more() {
    let budget = fixed_budget(4);
    let layer = ten().budget(budget.clone()).build().unwrap();
    for (class, left) in [
        (Criticality::Sheddable, 3),
        (Criticality::Sheddable, 2),
        (Criticality::Sheddable, 2),
        (Criticality::SheddablePlus, 1),
        (Criticality::SheddablePlus, 1),
        (Criticality::Critical, 0),
    ] {
        class.scope(send(&layer, &[(50, 200)])).await;
        assert_eq!(budget.available(), left, "{class:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_closed_gate_lets_no_hedge_start() {
    let objective = palisade::Objective::builder("hedged").availability(0.999).build().unwrap();
    let layer = ten().budget_gate(objective.gate(0.0)).build().unwrap();
    assert_eq!(send(&layer, &[(50, 200)]).await, seen(200, &[0], 50), "a burn of 0 is always reached");
    let layer = ten().budget_gate(objective.gate(f64::INFINITY)).build().unwrap();
    assert_eq!(send(&layer, &[(50, 200), (5, 201)]).await, seen(201, &[0, 10], 15));
}
