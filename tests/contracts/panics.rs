//! A panic of the service's own propagates, counts as a failure, and leaks nothing.

use std::{any::Any, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use palisade::{Deadline, Phase};
use tokio_test::task;

use crate::{
    inner::{
        Answer::{Never, PanicsInCall, PanicsInPoll, PanicsInSecondPoll},
        Inner, PANIC, Readiness,
    },
    stacks::{Palisade, Stack, holds_for},
};

/// Makes a call, and catches its panic.
async fn catch<S: Palisade>(stack: &mut Stack<S>) -> Box<dyn Any + Send> {
    AssertUnwindSafe(stack.call(1)).catch_unwind().await.expect_err("the panic was swallowed")
}

pub(crate) fn is_the_services_own(panic: &(dyn Any + Send)) -> bool {
    panic.downcast_ref::<&str>().is_some_and(|text| *text == PANIC)
        || panic.downcast_ref::<String>().is_some_and(|text| text == PANIC)
}

async fn a_panic_in_poll_ready_propagates_and_leaves_nothing<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let mut stack = build(Inner::default().will_be([Readiness::Panics]));
    let panic = catch(&mut stack).await;
    assert!(is_the_services_own(&*panic));
    stack.handles.assert_at_rest();
}
holds_for!(every stack: a_panic_in_poll_ready_propagates_and_leaves_nothing);

async fn a_panic_counts_as_one_failure<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    for panics in [PanicsInCall, PanicsInPoll, PanicsInSecondPoll] {
        let mut stack = build(Inner::default().answers([panics]));
        catch(&mut stack).await;
        let counts = stack.handles.circuit.unwrap().snapshot().counts;
        assert_eq!((counts.calls, counts.failures), (1, 1), "{panics:?}");
    }
}
holds_for!(every circuit: a_panic_counts_as_one_failure);

async fn a_probe_that_panics_opens_the_circuit_again<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    for panics in [PanicsInCall, PanicsInPoll, PanicsInSecondPoll] {
        let mut stack = build(Inner::default().answers([panics]));
        stack.handles.trip();
        catch(&mut stack).await;
        assert_eq!(stack.handles.circuit.as_ref().unwrap().phase(), Phase::Open, "{panics:?}");
        stack.handles.assert_at_rest();
    }
}
holds_for!(every circuit: a_probe_that_panics_opens_the_circuit_again);

/// Drops a call in flight while somebody else's panic unwinds.
async fn drop_while_unwinding<S: Palisade>(stack: &Stack<S>) {
    let mut call = task::spawn(stack.call_clone(1));
    assert!(call.poll().is_pending());
    let unwound = AssertUnwindSafe(async move {
        let _call = call;
        panic!("somebody else's panic");
    });
    assert!(unwound.catch_unwind().await.is_err());
}

async fn a_call_dropped_while_somebody_else_unwinds_leaves_nothing<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default().ever_answers(Never));
    stack.handles.trip();
    drop_while_unwinding(&stack).await;
    stack.handles.assert_at_rest();
}
holds_for!(every stack: a_call_dropped_while_somebody_else_unwinds_leaves_nothing);

async fn a_call_dropped_while_somebody_else_unwinds_is_neutral<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default().ever_answers(Never));
    drop_while_unwinding(&stack).await;
    assert_eq!(stack.handles.circuit.unwrap().snapshot().counts.calls, 0);
}
holds_for!(every circuit: a_call_dropped_while_somebody_else_unwinds_is_neutral);

async fn a_panic_leaves_no_deadline_behind<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    for panics in [PanicsInCall, PanicsInPoll, PanicsInSecondPoll] {
        let mut stack = build(Inner::default().answers([panics]));
        catch(&mut stack).await;
        assert_eq!(Deadline::current(), None, "{panics:?}");
    }
}
holds_for! {
    timeout timeout_of_readiness five_in_order five_upside_down five_with_retry_inside_the_breaker:
    a_panic_leaves_no_deadline_behind
}

async fn a_panic_leaves_the_deadline_around_as_it_was<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let deadline = Deadline::after(Duration::from_secs(3));
    let mut stack = build(Inner::default().answers([PanicsInPoll]));
    let after = async {
        catch(&mut stack).await;
        Deadline::current()
    };
    assert_eq!(deadline.scope(after).await, Some(deadline));
}
holds_for!(every stack: a_panic_leaves_the_deadline_around_as_it_was);

async fn a_caught_panic_leaves_waiters_their_turn<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let mut stack = build(Inner::default().answers([PanicsInSecondPoll]));
    let queue = stack.handles.queue();
    queue.resize(1);
    let queue = queue.clone();
    let mut waiter = task::spawn(stack.call_clone(5));
    let call = AssertUnwindSafe(stack.call(1)).catch_unwind();
    let mut panicking = task::spawn(call);
    assert!(panicking.poll().is_pending());
    assert!(waiter.poll().is_pending());
    assert_eq!(queue.queued(), 1);
    assert!(panicking.poll().is_ready());
    drop(panicking);
    assert!(waiter.is_woken());
    assert!(matches!(waiter.poll(), std::task::Poll::Ready(Ok(5))));
}
holds_for!(every queue: a_caught_panic_leaves_waiters_their_turn);
