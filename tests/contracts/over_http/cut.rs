//! What a body counts that is cut before its end, and that it wedges nothing.

use std::time::Duration;

use palisade::{Deadline, Phase, TimeoutLayer};
use tokio::time::advance;
use tower::{Layer, ServiceExt};

use super::{
    calls::{Streamed, assert_well, call, read},
    server::At,
    stacks::{Http, over_http, request},
};
use crate::{
    inner::{Answer::Never, Inner},
    stacks::{PLACES, PROBES, Stack},
};

const LIMIT: Duration = Duration::from_secs(1);

fn hanging<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) -> Stack<S> {
    build(Inner::default().ever_answers(Never), At::Body)
}

/// The calls and the failures that the circuit has counted.
fn counted<S>(stack: &Stack<S>) -> (u64, u64) {
    let counts = stack.handles.circuit.as_ref().unwrap().snapshot().counts;
    (counts.calls, counts.failures)
}

/// Reads the answer of a call that is under this limit to its end.
async fn limited<S: Http>(stack: &Stack<S>, limit: Duration) {
    let service = TimeoutLayer::http(limit).layer(stack.service.clone());
    let body = service.oneshot(request()).await.unwrap().map(http_body_util::BodyExt::boxed_unsync);
    assert!(read(body).await.unwrap_err().is_timeout());
}

async fn a_body_cut_by_a_limit_of_ours_is_a_failure<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let stack = hanging(build);
    limited(&stack, LIMIT).await;
    assert_eq!(counted(&stack), (1, 1));
    stack.handles.assert_at_rest();
}
over_http!(every circuit: a_body_cut_by_a_limit_of_ours_is_a_failure);

async fn a_body_cut_by_the_deadline_of_its_caller_is_neutral<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let stack = hanging(build);
    Deadline::after(LIMIT).scope(limited(&stack, 5 * LIMIT)).await;
    assert_eq!(counted(&stack), (0, 0));
    stack.handles.assert_at_rest();
}
over_http!(every circuit: a_body_cut_by_the_deadline_of_its_caller_is_neutral);

async fn a_body_cut_by_a_foreign_timeout_is_neutral<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let stack = hanging(build);
    assert!(tokio::time::timeout(LIMIT, call(&stack)).await.is_err());
    assert_eq!(counted(&stack), (0, 0));
    stack.handles.assert_at_rest();
}
over_http!(every circuit: a_body_cut_by_a_foreign_timeout_is_neutral);

async fn a_probe_whose_body_is_cut_by_a_limit_of_ours_opens_the_circuit_again<S: Http>(
    build: impl Fn(Inner, At) -> Stack<S>,
) {
    let stack = hanging(build);
    stack.handles.trip();
    limited(&stack, LIMIT).await;
    assert_eq!(stack.handles.circuit.as_ref().unwrap().phase(), Phase::Open);
}
over_http!(every circuit: a_probe_whose_body_is_cut_by_a_limit_of_ours_opens_the_circuit_again);

async fn bodies_dropped_half_way_never_run_out_of_room<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let stack = hanging(build);
    stack.handles.trip();
    for _ in 0..100 {
        let mut call = Streamed::begin(&stack).await.unwrap();
        call.poll_to_body();
        assert!(!call.poll());
    }
    assert_eq!(stack.handles.inner.calls(), 100);
    stack.handles.inner.recover();
    assert_well(&stack).await;
}
over_http!(every stack: bodies_dropped_half_way_never_run_out_of_room);

async fn bodies_that_nobody_reads_wedge_no_circuit<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let stack = hanging(build);
    stack.handles.trip();
    let mut unread = Vec::new();
    for _ in 0..PROBES {
        let mut call = Streamed::begin(&stack).await.unwrap();
        call.poll_to_body();
        unread.push(call);
    }
    stack.handles.inner.recover();
    stack.handles.bulkheads.iter().for_each(|bulkhead| bulkhead.resize(2 * PLACES));
    advance(Duration::from_secs(600)).await;
    assert_well(&stack).await;
    drop(unread);
    stack.handles.assert_at_rest();
    assert_well(&stack).await;
}
over_http!(every circuit: bodies_that_nobody_reads_wedge_no_circuit);

async fn the_service_and_its_layer_may_go_before_the_body<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let Stack { service, handles } = build(Inner::default(), At::Body);
    let response = service.oneshot(request()).await.unwrap();
    assert_eq!(read(response).await.unwrap().0, 200);
    handles.assert_at_rest();
}
over_http!(every stack: the_service_and_its_layer_may_go_before_the_body);
