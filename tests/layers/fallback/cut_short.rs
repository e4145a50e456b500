use super::*;

/// A call that is dropped while it holds a place gives it back.
fn gives_back<S>(mut service: S, place: &BulkheadHandle)
where
    S: Service<u32, Response = u32, Error = Error>,
{
    let call = begin(&mut service, 1);
    assert_eq!(place.in_flight(), 1);
    drop(call);
    assert_eq!(place.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_any_point_gives_all_back_and_tells_nothing() {
    let events = EventLog::of_thread();
    let bulkhead = BulkheadLayer::new(1);
    let place = bulkhead.handle();
    gives_back(FallbackLayer::value(7).layer(bulkhead.layer(hung())), &place);
    let step = fallback::service(bulkhead.layer(hung()));
    gives_back(FallbackLayer::new(step.clone()).layer(failing()), &place);
    gives_back(FallbackLayer::new(failing_step(2)).or(step).layer(failing()), &place);
    assert_eq!(events.of("palisade::fallback"), []);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_before_its_first_poll_takes_no_step() {
    let step = up();
    let calls = step.calls();
    let bulkhead = BulkheadLayer::new(1);
    drop(call(&mut FallbackLayer::new(fallback::service(step)).layer(bulkhead.layer(failing())), 1));
    assert_eq!((bulkhead.handle().in_flight(), calls.count()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_call_is_gone_while_the_step_runs() {
    let bulkhead = BulkheadLayer::new(1);
    let mut service = FallbackLayer::new(fallback::service(hung())).layer(bulkhead.layer(failing()));
    let mut call = call(&mut service, 1);
    assert_eq!(bulkhead.handle().in_flight(), 1);
    assert!(call.poll().is_pending());
    assert_eq!(bulkhead.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_function_propagates_and_the_next_call_is_served() {
    let step = fallback::function_of(
        |request: &u32| *request,
        |kept, _: Result<&u32, &Error>| {
            assert_ne!(kept, 1, "on purpose");
            Ok::<_, Infallible>(7)
        },
    );
    let mut service = FallbackLayer::new(step).layer(failing());
    let mut panicking = call(&mut service, 1);
    assert!(panics(|| panicking.poll()));
    assert_eq!(service.oneshot(2).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_call_or_a_future_propagates_and_leaks_nothing() {
    let bulkhead = BulkheadLayer::new(1);
    let panicking = || bulkhead.layer(strict(|_: u32| async { panic!("on purpose") as Result<u32, Down> }));
    let mut of_the_call = call(&mut FallbackLayer::value(7).layer(panicking()), 1);
    assert!(panics(|| of_the_call.poll()), "no fallback answers for it");
    drop(of_the_call);
    let step = FallbackLayer::new(fallback::service(panicking())).or(fallback::value(7));
    let mut of_the_step = call(&mut step.layer(failing()), 1);
    assert!(panics(|| of_the_step.poll()));
    drop(of_the_step);
    assert_eq!(bulkhead.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_keeping_the_request_propagates_before_it_is_sent() {
    let keep = |_: &u32| panic!("on purpose");
    let step = fallback::function_of(keep, |(), _: Result<&u32, &Error>| Ok::<_, Infallible>(7));
    let inner = failing();
    let calls = inner.calls();
    let mut service = FallbackLayer::new(step).layer(inner);
    assert!(poll_ready(&mut service).is_ready());
    assert!(panics(|| service.call(1)));
    assert_eq!(calls.count(), 0);
}
