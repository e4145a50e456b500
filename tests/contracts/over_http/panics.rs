//! A panic of the server's own, in the call, its future or its body, propagates and counts as one failure.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use palisade::{Deadline, Phase};
use tower::ServiceExt;

use super::{
    calls::Streamed,
    server::At,
    stacks::{Http, over_http, request},
};
use crate::{
    inner::{
        Answer::{self, Never, PanicsInCall, PanicsInPoll, PanicsInSecondPoll},
        Inner, Readiness,
    },
    panics::is_the_services_own,
    stacks::{PLACES, Stack},
};

const PANICS: [(At, Answer); 5] = [
    (At::Head, PanicsInCall),
    (At::Head, PanicsInPoll),
    (At::Head, PanicsInSecondPoll),
    (At::Body, PanicsInPoll),
    (At::Body, PanicsInSecondPoll),
];

/// Makes a call, reads its body, and catches its panic.
async fn catch<S: Http>(stack: &Stack<S>) -> Box<dyn Any + Send> {
    let mut service = stack.service.clone();
    let service = service.ready().await.unwrap();
    let ended = catch_unwind(AssertUnwindSafe(|| Streamed::<S>::of(service.call(request())).poll_to_end()));
    ended.expect_err("the panic was swallowed")
}

async fn a_panic_propagates_as_it_is_and_leaves_nothing<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    for (at, panics) in PANICS {
        let stack = build(Inner::default().answers([panics]), at);
        let panic = catch(&stack).await;
        assert!(is_the_services_own(&*panic), "{at:?} {panics:?}");
        assert_eq!(Deadline::current(), None, "{at:?} {panics:?}");
        stack.handles.assert_at_rest();
    }
}
over_http!(every stack: a_panic_propagates_as_it_is_and_leaves_nothing);

async fn a_panic_in_poll_ready_leaves_nothing<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let stack = build(Inner::default().will_be([Readiness::Panics]), At::Head);
    let mut call = tokio_test::task::spawn(stack.service.clone().oneshot(request()));
    let panic = catch_unwind(AssertUnwindSafe(|| call.poll().is_ready())).expect_err("the panic was swallowed");
    assert!(is_the_services_own(&*panic));
    drop(call);
    stack.handles.assert_at_rest();
}
over_http!(every stack: a_panic_in_poll_ready_leaves_nothing);

async fn a_panic_counts_as_one_failure<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    for (at, panics) in PANICS {
        let stack = build(Inner::default().answers([panics]), at);
        catch(&stack).await;
        let counts = stack.handles.circuit.unwrap().snapshot().counts;
        assert_eq!((counts.calls, counts.failures), (1, 1), "{at:?} {panics:?}");
    }
}
over_http!(every circuit: a_panic_counts_as_one_failure);

async fn a_probe_that_panics_opens_the_circuit_again<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    for (at, panics) in PANICS {
        let stack = build(Inner::default().answers([panics]), at);
        stack.handles.trip();
        catch(&stack).await;
        assert_eq!(stack.handles.circuit.as_ref().unwrap().phase(), Phase::Open, "{at:?} {panics:?}");
        stack.handles.assert_at_rest();
    }
}
over_http!(every circuit: a_probe_that_panics_opens_the_circuit_again);

async fn a_panic_in_a_body_frees_the_place_for_who_comes_next<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let stack = build(Inner::default().answers([PanicsInPoll; 2 * PLACES]), At::Body);
    for _ in 0..2 * PLACES {
        catch(&stack).await;
    }
    super::calls::assert_well(&stack).await;
}
over_http!(every bulkhead: a_panic_in_a_body_frees_the_place_for_who_comes_next);

async fn a_body_dropped_while_somebody_else_unwinds_is_neutral<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let stack = build(Inner::default().answers([Never]), At::Body);
    let mut call = Streamed::begin(&stack).await.unwrap();
    call.poll_to_body();
    assert!(!call.poll());
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _call = call;
        panic!("somebody else's panic");
    }));
    assert!(unwound.is_err());
    assert_eq!(stack.handles.circuit.as_ref().unwrap().snapshot().counts.calls, 0);
    stack.handles.assert_at_rest();
}
over_http!(every circuit: a_body_dropped_while_somebody_else_unwinds_is_neutral);

async fn a_panic_in_a_body_leaves_the_deadline_around_as_it_was<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let deadline = Deadline::after(Duration::from_secs(3));
    let stack = build(Inner::default().answers([PanicsInPoll]), At::Body);
    let after = async {
        catch(&stack).await;
        Deadline::current()
    };
    assert_eq!(deadline.scope(after).await, Some(deadline));
}
over_http!(every stack: a_panic_in_a_body_leaves_the_deadline_around_as_it_was);
