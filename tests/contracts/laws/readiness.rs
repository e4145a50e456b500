//! Only an inner service that was itself polled ready is called; readiness parks nothing, and its errors are results.

use super::*;

/// The inner panics when it is called without having been polled ready.
#[test]
fn only_an_instance_that_was_polled_ready_is_called() {
    let answers = [After(1, Err(Down(1))), After(0, Err(Down(2))), After(0, Ok(503)), Echo];
    let inner = || Inner::default().answers(answers);
    holds_for(stack, inner, async |mut stack| {
        for request in 0..4 {
            stack.call(request).await.ok();
        }
        assert!(stack.handles.inner.calls() >= 4);
    });
}

#[test]
fn a_clone_of_a_ready_service_starts_not_ready() {
    holds_for(stack, Inner::default, async |Stack { mut service, .. }| {
        let clone = service.ready().await.unwrap().clone();
        assert_eq!(clone.oneshot(1).await.unwrap(), 1);
        assert_eq!(service.call(2).await.unwrap(), 2);
    });
}

#[test]
fn the_ready_instance_may_be_swapped_for_a_clone() {
    holds_for(stack, Inner::default, async |Stack { mut service, .. }| {
        for request in 0..3 {
            service.ready().await.unwrap();
            let clone = service.clone();
            let mut ready = replace(&mut service, clone);
            assert_eq!(ready.call(request).await.unwrap(), request);
        }
    });
}

#[test]
fn one_call_needs_one_poll_for_readiness_each() {
    holds_for(prompt, Inner::default, async |mut stack| {
        for request in 0..5 {
            stack.call(request).await.unwrap();
        }
        assert_eq!((stack.handles.inner.polled(), stack.handles.inner.calls()), (5, 5));
    });
}

#[test]
fn a_stalled_inner_wakes_the_caller_when_it_is_ready() {
    let inner = || Inner::default().will_be([Ready, Stalled]);
    holds_for(prompt, inner, async |stack| {
        stack.assert_well().await;
        let mut call = stack.hold(1);
        stack.handles.inner.wake();
        assert!(call[0].is_woken());
        assert_eq!(calls::end(&mut call[0]).unwrap(), 1);
    });
}

#[test]
fn a_call_that_waits_for_readiness_reaches_nothing() {
    let inner = || Inner::default().ever(Stalled);
    holds_for(stack, inner, async |stack| {
        let mut call = stack.begin(1);
        for _ in 0..3 {
            assert_pending!(call.poll());
        }
        drop(call);
        assert_eq!(stack.handles.inner.calls(), 0);
        stack.handles.assert_at_rest();
    });
}

#[test]
fn a_readiness_error_is_the_result_of_the_call() {
    let inner = || Inner::default().ever(Fails(Down(7)));
    holds_for(stack, inner, async |mut stack| {
        let falls_back = stack.handles.all::<FallsBack>().next().is_some();
        match stack.call(1).await {
            Ok(response) => assert!(falls_back && response == STALE),
            Err(error) => {
                let root = chain(&error).last().and_then(|root| root.downcast_ref());
                assert!(!falls_back && root == Some(&Down(7)), "{error:?}");
            }
        }
        assert_eq!(stack.handles.inner.calls(), 0);
        stack.handles.assert_at_rest();
    });
}

#[test]
fn a_service_that_was_unready_once_is_called_again() {
    let inner = || Inner::default().will_be([Fails(Down(7))]);
    holds_for(stack, inner, async |mut stack| {
        stack.call(1).await.ok();
        assert_eq!(stack.call(2).await.unwrap(), 2);
    });
}

/// `Ready(Ok)` may be followed by `Ready(Err)`, and then the instance is not ready any more.
#[test]
fn an_instance_that_failed_to_be_ready_is_polled_again() {
    let inner = || Inner::default().will_be([Ready, Fails(Down(7))]);
    holds_for(stack, inner, async |mut stack| {
        let circuits = || stack.handles.all::<CircuitHandle>();
        let mut task = task::spawn(());
        let mut poll = || assert!(task.enter(|cx, _| stack.service.poll_ready(cx)).is_ready());
        poll();
        poll();
        circuits().for_each(CircuitHandle::force_open);
        poll();
        circuits().for_each(CircuitHandle::reset);
        match stack.service.call(1).await {
            Ok(response) => assert!([1, STALE].contains(&response)),
            Err(error) => assert_eq!(error.downcast_ref(), Some(&Down(7))),
        }
    });
}

#[test]
fn readiness_alone_takes_nothing() {
    holds_for(stack, Inner::default, async |stack| {
        stack.handles.trip();
        let mut idle: Vec<_> = (0..10).map(|_| stack.service.clone()).collect();
        for service in &mut idle {
            service.ready().await.unwrap();
        }
        stack.handles.assert_at_rest();
        for _ in 0..3 {
            stack.assert_well().await;
        }
    });
}

#[test]
fn a_probe_of_a_stalled_inner_gives_its_place_back() {
    let inner = || Inner::default().ever(Stalled);
    holds_for(circuit, inner, async |stack| {
        stack.handles.trip();
        let mut calls: Vec<_> = (0..4).map(|_| stack.begin(1)).collect();
        for call in &mut calls {
            drop(calls::go(call));
        }
        drop(calls);
        assert_eq!(stack.handles.inner.calls(), 0);
        stack.handles.assert_at_rest();
    });
}

#[test]
fn a_probe_of_an_unready_inner_gives_its_place_back() {
    let inner = || Inner::default().ever(Fails(Down(7)));
    holds_for(circuit, inner, async |stack| {
        stack.handles.trip();
        for _ in 0..3 {
            stack.call_clone(1).await.ok();
        }
        stack.handles.assert_at_rest();
        stack.handles.inner.recover();
        for _ in 0..3 {
            stack.assert_well().await;
        }
        assert_eq!(stack.handles.circuit().phase(), Phase::Closed);
    });
}

#[tokio::test(start_paused = true)]
async fn a_circuit_asks_its_classifier_what_a_readiness_error_means() {
    let ignore = |_: Result<&u32, &Error>| Outcome::Ignored;
    let layer = CircuitBreakerLayer::builder("circuit").classify(ignore).build().unwrap();
    let mut service = layer.layer(Inner::default().ever(Fails(Down(7))));
    assert!(service.ready().await.is_err());
    assert_eq!(layer.handle().snapshot().counts.calls, 0);
}

#[tokio::test(start_paused = true)]
async fn a_retry_awaits_the_readiness_of_the_instance_that_it_calls() {
    let inner = Inner::default().answers([After(0, Err(Down(1)))]).will_be([Ready, Stalled]);
    let retry = RetryLayer::builder("retry").backoff(Backoff::none()).build().unwrap();
    let mut call = task::spawn(retry.layer(inner.clone()).oneshot(5));
    assert_pending!(call.poll());
    assert_eq!(inner.calls(), 1);
    inner.wake();
    assert!(call.is_woken());
    assert_eq!(assert_ready!(call.poll()).unwrap(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_queueing_bulkhead_leaves_the_inner_alone_until_it_admits() {
    let inner = Inner::default();
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let place = layer.handle().try_enter().unwrap();
    let mut service = layer.layer(inner.clone());
    let mut call = task::spawn(service.ready().await.unwrap().call(1));
    assert_pending!(call.poll());
    assert_eq!(inner.polled(), 0);
    drop(place);
    assert_eq!(assert_ready!(call.poll()).unwrap(), 1);
}
