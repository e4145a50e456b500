use super::*;

#[test]
fn they_are_not_retried() {
    let service = answering::<()>(vec![Err(rejected().into())]);
    let calls = service.calls();
    let error = hasty().build().unwrap().layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!((error.rejection(), calls.count()), (Some(&rejected()), 1));
}

#[test]
fn one_that_travelled_through_a_foreign_layer_is_not_retried() {
    let service = strict(|()| ready(Err::<(), BoxError>(Error::from(rejected()).into())));
    let calls = service.calls();
    let error = hasty().build().unwrap().layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!((error.rejection(), calls.count()), (Some(&rejected()), 1));
}

#[test]
fn they_cost_no_token() {
    let budget = fixed_budget(1);
    let layer = hasty().budget(budget.clone()).build().unwrap();
    layer.layer(answering::<()>(vec![Err(rejected().into())])).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(budget.available(), 1);
}

#[test]
fn they_reach_no_classifier() {
    let layer = hasty().retry_rejected().classify(|_: Result<&(), &Error>| panic!("asked")).build().unwrap();
    let service = answering(three_rejections());
    layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
}

fn three_rejections() -> Vec<Result<(), Error>> {
    (0..3).map(|_| Err(rejected().into())).collect()
}

#[test]
fn one_after_an_attempt_returns_what_that_attempt_gave() {
    let service = answering::<()>(vec![failed(1), Err(rejected().into())]);
    let error = hasty().build().unwrap().layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(number_of(&error), Some(1));
}

#[test]
fn one_after_a_poor_answer_returns_the_answer() {
    let layer = hasty().classify(|_: Result<&u16, &Error>| Outcome::Transient).build().unwrap();
    let answer = layer.layer(answering(vec![Ok(503), Err(rejected().into())])).oneshot(()).now_or_never();
    assert_eq!(answer.unwrap().unwrap(), 503);
}

#[test]
fn one_after_a_timeout_returns_the_timeout() {
    let cut = TimeoutLayer::new(Duration::ZERO).layer(strict(|()| pending::<Result<(), Down>>()));
    let timed_out = cut.oneshot(()).now_or_never().unwrap().unwrap_err();
    let service = answering::<()>(vec![Err(timed_out), Err(rejected().into())]);
    let error = hasty().build().unwrap().layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert!(error.is_timeout());
}

#[test]
fn an_event_names_the_one_that_stopped_the_retrying() {
    let service = answering::<()>(vec![failed(1), Err(rejected().into())]);
    let layer = hasty().build().unwrap();
    let events = Events::record();
    layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    let stopped = events.of(TARGET).pop().unwrap();
    assert_eq!((stopped.field("reason"), stopped.field("rejection")), ("rejected", &*rejected().to_string()));
}

#[test]
fn they_are_retried_when_asked_for() {
    let layer = hasty().retry_rejected().build().unwrap();
    let service = answering(vec![Err(rejected().into()), Ok("paid")]);
    assert_eq!(layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap(), "paid");
}

#[test]
fn the_last_is_returned_where_nothing_was_sent() {
    let layer = hasty().retry_rejected().build().unwrap();
    let error = layer.layer(answering(three_rejections())).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(error.rejection(), Some(&rejected()));
}

#[test]
fn one_that_was_retried_is_not_returned_after_an_attempt() {
    let layer = hasty().retry_rejected().max_attempts(4).build().unwrap();
    let results = vec![Err(rejected().into()), failed(2), Err(rejected().into()), Err(rejected().into())];
    let error = layer.layer(answering::<()>(results)).oneshot(()).now_or_never().unwrap().unwrap_err();
    assert_eq!(number_of(&error), Some(2));
}

#[test]
fn an_event_names_a_retried_one_that_was_the_last() {
    let layer = hasty().retry_rejected().max_attempts(2).build().unwrap();
    let events = Events::record();
    let service = answering::<()>(vec![failed(1), Err(rejected().into())]);
    layer.layer(service).oneshot(()).now_or_never().unwrap().unwrap_err();
    let stopped = events.of(TARGET).pop().unwrap();
    assert_eq!((stopped.field("reason"), stopped.field("rejection")), ("max_attempts", &*rejected().to_string()));
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_stops_the_attempts() {
    let service = failing();
    let calls = service.calls();
    let stack = ServiceBuilder::new()
        .layer(hasty().max_attempts(7).build().unwrap())
        .layer(CircuitBreakerLayer::consecutive(3));
    let error = stack.service(service).oneshot(()).await.unwrap_err();
    assert_eq!((number_of(&error), calls.count()), (Some(1), 3));
}

#[tokio::test(start_paused = true)]
async fn a_retried_one_waits_for_as_long_as_it_says() {
    let breaker =
        CircuitBreakerLayer::builder("breaker").consecutive(1).open_for(Backoff::constant(5 * SECOND)).build().unwrap();
    let moments = Moments::start();
    let stack = ServiceBuilder::new().layer(patient(10 * MS).retry_rejected().build().unwrap()).layer(breaker);
    stack.service(moments.failing()).oneshot(()).await.unwrap_err();
    // The second attempt is rejected at 10 ms; the circuit's time is over at 5 s, and the backoff comes on top.
    assert_eq!(moments.all(), [Duration::ZERO, 5 * SECOND + 10 * MS]);
}

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_below_is_not_retried() {
    let service = failing();
    let calls = service.calls();
    let stack = ServiceBuilder::new().layer(hasty().build().unwrap()).layer(BulkheadLayer::new(0));
    let error = stack.service(service).oneshot(()).await.unwrap_err();
    assert_eq!(error.rejection().map(Rejection::reason), Some(RejectionReason::Full));
    assert_eq!(calls.count(), 0);
}
