use super::*;

#[tokio::test(start_paused = true)]
async fn a_call_dropped_in_flight_gives_all_back() {
    let bulkhead = BulkheadLayer::new(1);
    let mut call = spawn(FallbackLayer::value(7).layer(bulkhead.layer(hanging())).oneshot(1));
    assert!(call.poll().is_pending());
    assert_eq!(bulkhead.handle().in_flight(), 1);
    drop(call);
    assert_eq!(bulkhead.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_before_its_first_poll_takes_no_step() {
    let step = answering();
    let calls = step.calls();
    let bulkhead = BulkheadLayer::new(1);
    let mut service = FallbackLayer::new(fallback::service(step)).layer(bulkhead.layer(failing()));
    assert!(poll_ready(&mut service).is_ready());
    drop(service.call(1));
    assert_eq!((bulkhead.handle().in_flight(), calls.count()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_while_the_step_runs_drops_the_step() {
    let bulkhead = BulkheadLayer::new(1);
    let step = fallback::service(bulkhead.layer(hanging()));
    let mut call = spawn(FallbackLayer::new(step).layer(failing()).oneshot(1));
    assert!(call.poll().is_pending());
    assert_eq!(bulkhead.handle().in_flight(), 1);
    drop(call);
    assert_eq!(bulkhead.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_while_a_later_step_runs_drops_that_step() {
    let bulkhead = BulkheadLayer::new(1);
    let last = fallback::service(bulkhead.layer(hanging()));
    let mut call = spawn(FallbackLayer::new(failing_step(2)).or(last).layer(failing()).oneshot(1));
    assert!(call.poll().is_pending());
    drop(call);
    assert_eq!(bulkhead.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_dropped_tells_of_no_degraded_answer() {
    let events = Events::record();
    let mut call = spawn(FallbackLayer::new(fallback::service(hanging())).layer(failing()).oneshot(1));
    assert!(call.poll().is_pending());
    drop(call);
    assert_eq!(events.of("palisade::fallback"), []);
}

#[tokio::test(start_paused = true)]
async fn the_call_is_gone_while_the_step_runs() {
    let alive = Arc::new(());
    let held = Arc::clone(&alive);
    let inner = strict(move |_: u32| {
        let held = Arc::clone(&held);
        std::future::poll_fn(move |_| {
            assert_eq!(Arc::strong_count(&held), 3);
            Poll::Ready(Err::<u32, _>(Down(1)))
        })
    });
    let mut service = FallbackLayer::new(fallback::service(hanging())).layer(inner);
    assert!(poll_ready(&mut service).is_ready());
    let mut call = spawn(service.call(1));
    assert!(call.poll().is_pending());
    assert_eq!(Arc::strong_count(&alive), 2);
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
    let service = FallbackLayer::new(step).layer(failing());
    let mut call = spawn(service.clone().oneshot(1));
    assert!(panics(|| call.poll()));
    drop(call);
    assert_eq!(service.oneshot(2).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_future_propagates_and_leaks_nothing() {
    let bulkhead = BulkheadLayer::new(1);
    let panicking = strict(|_: u32| async { panic!("on purpose") as Result<u32, Down> });
    let step = fallback::service(bulkhead.layer(panicking));
    let mut call = spawn(FallbackLayer::new(step).or(fallback::value(7)).layer(failing()).oneshot(1));
    assert!(panics(|| call.poll()));
    drop(call);
    assert_eq!(bulkhead.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_call_is_not_answered_by_the_fallback() {
    let panicking = strict(|_: u32| async { panic!("on purpose") as Result<u32, Down> });
    let mut call = spawn(FallbackLayer::value(7).layer(panicking).oneshot(1));
    assert!(panics(|| call.poll()));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_keeping_of_the_request_propagates_before_it_is_sent() {
    let keep = |_: &u32| panic!("on purpose");
    let step = fallback::function_of(keep, |(), _: Result<&u32, &Error>| Ok::<_, Infallible>(7));
    let inner = failing();
    let calls = inner.calls();
    let mut service = FallbackLayer::new(step).layer(inner);
    assert!(poll_ready(&mut service).is_ready());
    assert!(panics(|| service.call(1)));
    assert_eq!(calls.count(), 0);
}
