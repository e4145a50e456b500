use super::*;

/// Attempts made by a retry that waits `delay`, under a deadline that is carried.
async fn attempts(delay: Duration, left: Duration) -> usize {
    let service = failing();
    let calls = service.calls();
    let call = patient(delay).max_attempts(2).build().unwrap().layer(service).oneshot(());
    Deadline::after(left).scope(call).await.unwrap_err();
    calls.count()
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_begins_before_the_deadline_is_made() {
    assert_eq!(attempts(99 * MS, 100 * MS).await, 2);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_would_begin_at_the_deadline_is_not_made() {
    assert_eq!(attempts(100 * MS, 100 * MS).await, 1);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_would_begin_after_the_deadline_is_not_made() {
    assert_eq!(attempts(100 * MS + TICK, 100 * MS).await, 1);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_without_delay_is_not_made_at_the_deadline() {
    assert_eq!(attempts(Duration::ZERO, Duration::ZERO).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_rounds_up_to_the_deadline_makes_no_attempt_there() {
    // The timer counts whole milliseconds: this wait ends at the deadline, not half a millisecond before.
    assert_eq!(attempts(Duration::from_micros(9500), 10 * MS).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_polled_too_late_makes_no_attempt_after_the_deadline() {
    let service = failing();
    let calls = service.calls();
    let call = patient(10 * MS).build().unwrap().layer(service).oneshot(());
    let mut call = task::spawn(Deadline::after(20 * MS).scope(call));
    assert_pending!(call.poll());
    advance(25 * MS).await;
    let _polled = call.poll();
    assert_eq!(calls.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_last_result_is_returned_at_once() {
    let moments = Moments::start();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(patient(SECOND).build().unwrap());
    let error = stack.service(failing()).oneshot(()).await.unwrap_err();
    assert_eq!((number_of(&error), moments.passed()), (Some(1), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn what_earlier_attempts_took_is_gone() {
    let moments = Moments::start();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(25 * MS)).layer(patient(10 * MS).build().unwrap());
    let marks = moments.clone();
    let service = strict(move |()| {
        marks.mark();
        async {
            tokio::time::sleep(5 * MS).await;
            Err::<(), _>(Down(1))
        }
    });
    // Attempts take 0..5 and 15..20; the third would begin at 30.
    let error = stack.service(service).oneshot(()).await.unwrap_err();
    assert_eq!((number_of(&error), moments.all(), moments.passed()), (Some(1), vec![Duration::ZERO, 15 * MS], 20 * MS));
}

#[tokio::test(start_paused = true)]
async fn stopping_for_the_deadline_costs_no_token() {
    let budget = fixed_budget(1);
    let call = patient(SECOND).budget(budget.clone()).build().unwrap().layer(failing()).oneshot(());
    Deadline::after(SECOND).scope(call).await.unwrap_err();
    assert_eq!(budget.available(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hint_beyond_the_deadline_stops_the_retrying_at_once() {
    let moments = Moments::start();
    let layer = hasty().classify(throttled).build().unwrap();
    let call = layer.layer(moments.throttling(Some(2 * SECOND))).oneshot(());
    Deadline::after(SECOND).scope(call).await.unwrap();
    assert_eq!((moments.all().len(), moments.passed()), (1, Duration::ZERO));
}
