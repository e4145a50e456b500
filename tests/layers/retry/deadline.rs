use super::*;

#[tokio::test(start_paused = true)]
async fn an_attempt_is_made_only_if_it_begins_before_the_deadline() {
    for (delay, left, attempts) in [
        (99 * MILLI, 100 * MILLI, 2),
        (100 * MILLI, 100 * MILLI, 1),
        (100 * MILLI + NANO, 100 * MILLI, 1),
        (Duration::ZERO, Duration::ZERO, 1),
        // The timer counts whole milliseconds: this wait ends at the deadline, not half a millisecond before.
        (Duration::from_micros(9500), 10 * MILLI, 1),
    ] {
        let budget = fixed_budget(1);
        let layer = patient(delay).max_attempts(2).budget(budget.clone()).build().unwrap();
        let call = Deadline::after(left).scope(timed(&layer, &[1])).await;
        assert_eq!(call.at.len(), attempts, "{delay:?} with {left:?} left");
        // A wait that the timer rounds up has withdrawn its token before, and gives it back.
        assert_eq!(budget.available(), 2 - attempts as u64, "{delay:?} with {left:?} left");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_polled_too_late_makes_no_attempt() {
    let service = down();
    let calls = service.calls();
    let gate = service.readiness([READY]).stalled();
    let call = patient(10 * MILLI).build().unwrap().layer(gate.clone()).oneshot(7);
    let mut call = task::spawn(Deadline::after(20 * MILLI).scope(call));
    assert_pending!(call.poll());
    advance(25 * MILLI).await;
    assert!(assert_ready!(call.poll()).is_err());
    assert_eq!((calls.count(), gate.polls().count()), (1, 1), "nor does it wait for its service");
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_deadline_is_not_begun() {
    let call = timed(&(TimeoutLayer::new(SECOND), patient(SECOND).build().unwrap()), &[1]).await;
    assert_eq!((call.code, call.end), (1, Duration::ZERO), "a backoff");
    let hinted = hasty().classify(asks_for(Some(2 * SECOND))).build().unwrap();
    let call = timed(&(TimeoutLayer::new(SECOND), hinted), &[503]).await;
    assert_eq!((call.code, call.at.len(), call.end), (503, 1, Duration::ZERO), "a hint");
}

#[tokio::test(start_paused = true)]
async fn what_earlier_attempts_took_is_gone() {
    let start = now();
    let service = strict(|()| async {
        tokio::time::sleep(5 * MILLI).await;
        Err::<(), _>(Down(1))
    });
    let calls = service.calls();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(25 * MILLI)).layer(patient(10 * MILLI).build().unwrap());
    // Attempts take 0..5 and 15..20; the third would begin at 30.
    let error = stack.service(service).oneshot(()).await.unwrap_err();
    assert_eq!((error.downcast_ref(), calls.count(), now() - start), (Some(&Down(1)), 2, 20 * MILLI));
}
