//! Everything is bounded.

use super::*;

#[test]
fn a_call_is_sent_three_times_at_most() {
    holds_for(stack, Inner::failing, async |stack| {
        for call in 1..=3 {
            stack.call_clone(1).await.ok();
            assert!((call..=3 * call).contains(&stack.handles.inner.calls()));
        }
    });
}

#[test]
fn retries_of_all_calls_are_bounded_by_the_budget() {
    holds_for(retry, Inner::failing, async |stack| {
        stack.handles.all::<CircuitHandle>().for_each(CircuitHandle::force_closed);
        for _ in 0..50 {
            stack.call_clone(1).await.ok();
        }
        let retries = u64::try_from(stack.handles.inner.calls()).unwrap() - 50;
        let budget = stack.handles.all::<Budget>().next().unwrap();
        assert_eq!(retries, TOKENS - budget.available());
        assert!(retries <= TOKENS);
    });
}

/// Asserts that of a hundred calls at once so many are sent.
fn assert_sent(stack: &Stack, most: usize) {
    let mut calls: Vec<_> = (0..100).map(|_| stack.begin(1)).collect();
    for call in &mut calls {
        drop(calls::go(call));
    }
    assert_eq!((stack.handles.inner.alive(), stack.handles.inner.calls()), (most, most));
    drop(calls);
    stack.handles.assert_at_rest();
}

#[test]
fn calls_in_flight_are_bounded_by_the_places() {
    holds_for(places, Inner::hanging, async |stack| assert_sent(&stack, PLACES));
}

#[test]
fn probes_in_flight_are_bounded() {
    holds_for(circuit, Inner::hanging, async |stack| {
        stack.handles.trip();
        assert_sent(&stack, PROBES);
    });
}

#[tokio::test(start_paused = true)]
async fn a_queue_holds_as_many_as_there_are_places_unless_told() {
    for (layer, taken) in
        [(BulkheadLayer::builder(1).max_queue(3), (1, 3)), (BulkheadLayer::builder(4).max_wait(9 * SECOND), (4, 4))]
    {
        let layer = layer.build().unwrap();
        let mut calls: Vec<_> = (0..20).map(|_| calls::begin(layer.layer(Inner::hanging()).oneshot(1))).collect();
        for (number, call) in calls.iter_mut().enumerate() {
            let full =
                matches!(call.poll(), Poll::Ready(result) if reason(&result) == Some(RejectionReason::QueueFull));
            assert_eq!(full, number >= taken.0 + taken.1, "call {number} of {taken:?}");
        }
        assert_eq!((layer.handle().in_flight(), layer.handle().queued()), taken);
    }
}

#[test]
fn a_name_given_as_text_is_kept_once() {
    let names: Vec<_> = (0..100).map(|_| Name::new("dependency".to_owned()).unwrap()).collect();
    assert!(names.iter().all(|name| std::ptr::eq(name.as_str(), names[0].as_str())));
}
