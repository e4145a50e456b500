//! Time is tokio's; what needs no time needs no timer, nor a runtime.

use super::*;

/// There is no runtime, and a timer that is made without one panics.
#[test]
fn a_call_that_is_ready_at_once_needs_no_timer() {
    every(
        |handles| plain(handles) && prompt(handles),
        |build| {
            let stack = build.over(Inner::default());
            assert_eq!(calls::end(&mut stack.begin(1)).unwrap(), 1);
        },
    );
}

#[test]
fn a_retry_without_delay_needs_no_timer() {
    let zero = Backoff::exponential(Duration::ZERO, Duration::ZERO);
    let jittered = [Jitter::None, Jitter::Equal, Jitter::Full].map(|jitter| zero.jitter(jitter));
    for backoff in jittered.into_iter().chain([Backoff::none()]) {
        let inner = Inner::default().answers([After(0, Err(Down(1))), After(0, Err(Down(1)))]);
        let layer = RetryLayer::builder("retry").backoff(backoff).build().unwrap();
        assert_eq!(calls::end(&mut calls::begin(layer.layer(inner.clone()).oneshot(1))).unwrap(), 1, "{backoff:?}");
        assert_eq!(inner.calls(), 3, "{backoff:?}");
    }
}

#[test]
fn a_limit_of_zero_polls_a_call_once_and_needs_no_timer() {
    for (answer, result) in [(Never, None), (After(1, Ok(5)), None), (After(0, Ok(5)), Some(5))] {
        let (limit, inner) = (TimeoutLayer::new(Duration::ZERO), Inner::default().ever_answers(answer));
        let (service, covered) = (limit.layer(inner.clone()), limit.cover_readiness().layer(inner));
        for mut call in [calls::begin(service.oneshot(1)), calls::begin(covered.oneshot(1))] {
            let ended = assert_ready!(call.poll());
            assert!(ended.as_ref().map_or_else(Error::is_timeout, |_| result.is_some()), "{answer:?}: {ended:?}");
            assert_eq!(ended.ok(), result, "{answer:?}");
        }
    }
}

#[test]
fn limits_of_zero_within_each_other_need_no_timer() {
    let limit = TimeoutLayer::new(Duration::ZERO);
    for outer in [Duration::ZERO, Duration::from_secs(1), Duration::MAX] {
        let service = TimeoutLayer::new(outer).layer(limit.layer(limit.layer(Inner::hanging())));
        let mut call = task::spawn(service.oneshot(1));
        assert!(assert_ready!(call.poll()).unwrap_err().is_timeout());
    }
}

#[test]
fn a_wait_of_zero_needs_no_timer() {
    let layer = BulkheadLayer::builder(1).max_wait(Duration::ZERO).build().unwrap();
    let place = layer.handle().try_enter().unwrap();
    let mut call = task::spawn(layer.layer(Inner::default()).oneshot(1));
    assert_eq!(reason(&assert_ready!(call.poll())), Some(RejectionReason::WaitedTooLong));
    drop(place);
    assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (0, 0));
}

#[test]
fn a_wait_without_limit_needs_no_timer() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let place = layer.handle().try_enter().unwrap();
    let mut call = task::spawn(layer.layer(Inner::default()).oneshot(1));
    assert_pending!(call.poll());
    drop(place);
    assert!(call.is_woken());
    assert_eq!(assert_ready!(call.poll()).unwrap(), 1);
}

/// Retries wait for their time; everything else ends in a clock that stands still.
#[test]
fn a_clock_that_stands_still_stops_no_call() {
    let inner = || Inner::default().ever_answers(After(3, Ok(5)));
    holds_for(prompt, inner, async |stack| {
        let before = now();
        for _ in 0..100 {
            assert_eq!(calls::end(&mut stack.begin(1)).unwrap(), 5);
        }
        assert_eq!(now(), before);
        stack.handles.assert_at_rest();
    });
}

#[test]
fn time_that_leaps_stops_no_call() {
    holds_for(stack, Inner::default, async |stack| {
        for _ in 0..10 {
            advance(Duration::from_secs(1 << 28)).await;
            stack.assert_well().await;
        }
    });
}

#[test]
fn a_deadline_that_has_passed_ends_what_hangs() {
    holds_for(limit, Inner::hanging, async |stack| {
        let past = Deadline::after(Duration::ZERO);
        advance(Duration::from_secs(1)).await;
        let result = calls::end(&mut calls::begin(past.scope(stack.call_clone(1))));
        assert!(matches!(result, Ok(STALE) | Err(Error::TimedOut(_))), "{result:?}");
        stack.handles.assert_at_rest();
    });
}

#[test]
fn a_call_leaves_no_deadline_behind() {
    let inner = || Inner::default().answers([After(1, Ok(1)), After(0, Err(Down(1))), Never]);
    holds_for(stack, inner, async |stack| {
        for _ in 0..3 {
            let mut call = stack.begin(1);
            drop(calls::go(&mut call));
            assert_eq!(Deadline::current(), None);
            drop(call);
            assert_eq!(Deadline::current(), None);
        }
    });
}

#[test]
fn the_nearest_deadline_is_seen_below() {
    holds_for(prompt, Inner::default, async |stack| {
        let deadline = Deadline::after(Duration::from_millis(1));
        let seen = deadline.scope(async {
            let result = stack.call_clone(1).await;
            (result.ok(), Deadline::current())
        });
        assert_eq!(seen.await, (Some(1), Some(deadline)));
    });
}
