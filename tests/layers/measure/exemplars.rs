//! The traces that stand for the calls of their buckets.

use super::*;

/// Calls that take so many milliseconds, each with its trace.
async fn exemplars(calls: &[(u32, u128)], ended: Ended) -> Vec<(u128, Duration)> {
    let trace = |call: &(u32, u128)| Some(call.1);
    let layer = MeasureLayer::builder("measure").exemplar(trace).build().expect("legal");
    let service = layer.layer(strict(|(millis, _): (u32, u128)| async move {
        sleep(millis * MILLI).await;
        if millis > 0 { Ok(()) } else { Err(Down(1)) }
    }));
    for call in calls {
        service.clone().oneshot(*call).await.ok();
    }
    layer.handle().exemplars(ended).into_iter().map(|exemplar| (exemplar.trace, exemplar.took)).collect()
}

#[tokio::test(start_paused = true)]
async fn the_last_call_of_a_bucket_stands_for_it() {
    let kept = exemplars(&[(9, 1), (100, 2), (10, 3)], Ended::Success).await;
    assert_eq!(kept, [(3, 10 * MILLI), (2, 100 * MILLI)]);
}

#[tokio::test(start_paused = true)]
async fn calls_that_ended_otherwise_stand_for_themselves() {
    assert_eq!(exemplars(&[(9, 1), (0, 2)], Ended::Failure).await, [(2, Duration::ZERO)]);
    assert_eq!(exemplars(&[(9, 1), (0, 2)], Ended::Success).await, [(1, 9 * MILLI)]);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_trace_stands_for_none() {
    assert_eq!(exemplars(&[(9, 0)], Ended::Success).await, [], "zero is the id of no trace");
    let layer = MeasureLayer::builder("measure").exemplar(|_: &u32| None).build().unwrap();
    layer.layer(up()).oneshot(1).await.unwrap();
    assert_eq!(layer.handle().exemplars(Ended::Success), []);
}

#[tokio::test(start_paused = true)]
async fn without_a_function_there_are_none() {
    let layer = layer();
    layer.layer(up()).oneshot(1).await.unwrap();
    assert_eq!(layer.handle().exemplars(Ended::Success), []);
}
