use super::*;

#[test]
fn a_retry_sends_until_it_must_stop_and_returns_the_last_result() {
    let most = |attempts| hasty().max_attempts(attempts);
    for (claim, retry, codes, end, attempts) in [
        ("three attempts by default", hasty(), &[1, 2, 3][..], 3, 3),
        ("the first attempt is among `max_attempts`", most(5), &[1], 1, 5),
        ("a single attempt", most(1), &[1], 1, 1),
        ("the most attempts", most(u32::MAX), &[1, 2, 200], 200, 3),
        ("a success ends the attempts", most(5), &[1, 200], 200, 2),
        ("an attempt that timed out is retried", hasty(), &[TIMED_OUT, 200], 200, 2),
        ("a rejection is not retried", hasty(), &[REJECTED], REJECTED, 1),
        ("a rejection after an error gives the error", hasty(), &[1, REJECTED], 1, 2),
        ("a rejection after a timeout gives the timeout", hasty(), &[TIMED_OUT, REJECTED], TIMED_OUT, 2),
        ("a rejection is retried when asked for", hasty().retry_rejected(), &[REJECTED, 200], 200, 2),
        ("the last rejection where nothing was sent", hasty().retry_rejected(), &[REJECTED], REJECTED, 3),
        ("no rejection where an attempt was sent", most(4).retry_rejected(), &[REJECTED, 2, REJECTED], 2, 4),
        ("no token is left", most(5).budget(fixed_budget(1)), &[1, 2], 2, 2),
    ] {
        assert_eq!(send(&retry.build().unwrap(), codes), (end, attempts), "{claim}");
    }
}

#[test]
fn a_classifier_says_what_is_retried() {
    let by_code = |result: Result<&u32, &Error>| match result {
        Ok(503) | Err(_) => Outcome::Transient,
        Ok(501) => Outcome::Failed,
        Ok(409) => Outcome::Ignored,
        Ok(_) => Outcome::Success,
    };
    let layer = |attempts| hasty().max_attempts(attempts).classify(by_code).build().unwrap();
    for (claim, max_attempts, codes, end, attempts) in [
        ("a response that means trouble is retried", 3, &[503, 200][..], 200, 2),
        ("a failure that will not pass is not", 3, &[501], 501, 1),
        ("an ignored result is not", 3, &[409], 409, 1),
        ("the result that ends the attempts is returned", 3, &[1, 501], 501, 2),
        ("an error after a poor response is the last result", 2, &[503, 2], 2, 2),
        ("a poor response after an error is the last result", 2, &[1, 503], 503, 2),
        ("a rejection after a poor response gives the response", 3, &[503, REJECTED], 503, 2),
    ] {
        assert_eq!(send(&layer(max_attempts), codes), (end, attempts), "{claim}");
    }
}

#[test]
fn a_rejection_through_a_foreign_layer_is_not_retried() {
    let service = strict(|()| ready(Err::<(), BoxError>(Error::from(rejected()).into())));
    let calls = service.calls();
    let error = hasty().build().unwrap().layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!((error.rejection(), calls.count()), (Some(rejected()), 1));
}

#[test]
fn a_rejection_reaches_no_classifier_and_costs_no_token() {
    let budget = fixed_budget(1);
    let builder = hasty().budget(budget.clone());
    let layer = builder.classify(|_: Result<&u32, &Error>| -> Outcome { panic!("asked") }).build().unwrap();
    assert_eq!((send(&layer, &[REJECTED]).0, budget.available()), (REJECTED, 1));
}

#[tokio::test(start_paused = true)]
async fn a_retried_rejection_waits_for_as_long_as_it_says() {
    let breaker = CircuitBreakerLayer::builder("breaker").consecutive(1).open_for(Backoff::constant(5 * SECOND));
    let retry = patient(10 * MILLI).retry_rejected().build().unwrap();
    let call = timed(&(retry, breaker.build().unwrap()), &[1]).await;
    // The second attempt is rejected at 10 ms; the circuit's time is over at 5 s, and the backoff comes on top.
    assert_eq!(call.at, [Duration::ZERO, 5 * SECOND + 10 * MILLI]);
}
