use super::*;

#[test]
fn an_error_of_readiness_is_a_result_of_the_attempt_it_was_for() {
    for (claim, max_attempts, readiness, end, sent, tokens) in [
        ("before the first attempt it is the caller's", 3, &[FAILS][..], 3, 0, 1),
        ("before a later attempt it is retried", 3, &[READY, FAILS], 1, 2, 0),
        ("before the last attempt it is the last result", 2, &[READY, FAILS], 3, 1, 1),
    ] {
        let budget = fixed_budget(1);
        let inner = down::<()>();
        let calls = inner.calls();
        let layer = hasty().max_attempts(max_attempts).budget(budget.clone()).build().unwrap();
        let service = layer.layer(inner.readiness(readiness.iter().copied()));
        let error = service.oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!((error.downcast_ref(), calls.count()), (Some(&Down(end)), sent), "{claim}");
        assert_eq!(budget.available(), tokens, "{claim}: what was not sent costs no token");
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_readied_at_the_deadline_is_not_sent() {
    for (pause, attempts) in [(just_before(SECOND), 2), (SECOND, 1), (2 * SECOND, 1)] {
        let events = EventLog::of_thread();
        let budget = fixed_budget(9);
        let inner = down::<()>();
        let calls = inner.calls();
        let gate = inner.readiness([READY]).stalled();
        let service = hasty().max_attempts(2).budget(budget.clone()).build().unwrap().layer(gate.clone());
        let mut call = task::spawn(Deadline::after(SECOND).scope(service.oneshot(())));
        assert_pending!(call.poll());
        advance(pause).await;
        gate.release();
        let error = assert_ready!(call.poll()).unwrap_err();
        assert_eq!((error.downcast_ref(), calls.count()), (Some(&Down(1)), attempts), "after {pause:?}");
        assert_eq!(budget.available(), 10 - attempts as u64, "what was not sent costs no token");
        let stopped =
            events.of(TARGET).last().map(|event| (event.field("attempt").to_owned(), event.field("reason").to_owned()));
        let reason = if attempts == 1 { "deadline" } else { "max_attempts" };
        assert_eq!(stopped, Some((attempts.to_string(), reason.to_owned())));
    }
}
