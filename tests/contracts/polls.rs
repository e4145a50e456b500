//! Calls that are dropped at every poll.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use tokio::time::advance;

use crate::{
    inner::{
        Answer::{self, Never},
        Inner, Readiness,
    },
    panics::is_the_services_own,
    remains::Handles,
    stacks::{PAUSE, Stack},
};

/// More polls than any call here needs.
pub(crate) const POLLS: usize = 40;

/// The time between the polls of a call that hangs.
pub(crate) const LEAP: Duration = Duration::from_secs(3);

/// What had become of a call when it was dropped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    Pending,
    Over,
    Panicked,
}

/// How a call finds the circuit, and the inner service.
pub(crate) type Beginning = (fn(&Handles), Readiness);

/// Leaves the circuit closed.
pub(crate) fn closed(_: &Handles) {}

/// The next call finds the open time over, and is a probe.
pub(crate) fn open(handles: &Handles) {
    handles.trip();
}

/// The next call is a probe, and the service is polled ready for it beforehand.
pub(crate) fn half_open(handles: &Handles) {
    handles.trip();
    drop(handles.circuit.as_ref().map(|circuit| circuit.try_enter().unwrap()));
}

/// Runs what may panic by the service's plan, and only by that.
fn caught<T>(run: impl FnOnce() -> T) -> Option<T> {
    let result = catch_unwind(AssertUnwindSafe(run));
    result.inspect_err(|panic| assert!(is_the_services_own(&**panic))).ok()
}

/// Begins a call, polls it `polls` times with a pause after each, and drops it. A poll tells whether the call is over.
pub(crate) async fn poll_and_drop<C>(
    begin: impl FnOnce() -> C,
    mut poll: impl FnMut(&mut C) -> bool,
    polls: usize,
    pause: Duration,
) -> End {
    let Some(mut call) = caught(begin) else { return End::Panicked };
    for _ in 0..polls {
        match caught(|| poll(&mut call)) {
            Some(false) => advance(pause).await,
            Some(true) => return End::Over,
            None => return End::Panicked,
        }
    }
    End::Pending
}

/// Drops a call of a fresh stack before its first poll, and after its n-th for every n until it is done. Each time nothing is
/// left of it, and another call does well. Tells how the call ends when it is not dropped. A call that hangs is cut at most
/// `cuts` times.
pub(crate) async fn at_every_poll<S>(
    build: impl Fn(Inner) -> Stack<S>,
    (begin, readiness): Beginning,
    (plan, cuts): (&[Answer], u64),
    call: impl AsyncFn(&Stack<S>, usize, Duration) -> End,
    does_well: impl AsyncFn(&Stack<S>),
) -> End {
    let (pause, cuts) = if plan.contains(&Never) { (LEAP, cuts) } else { (PAUSE, 0) };
    for polls in 0..POLLS {
        let stack = build(Inner::default().ever(readiness).answers(plan.iter().copied()));
        begin(&stack.handles);
        let end = call(&stack, polls, pause).await;
        // Before the circuit is asked, because it counts that.
        stack.handles.assert_tallied(u64::from(end == End::Panicked), cuts);
        stack.handles.assert_at_rest();
        stack.handles.inner.recover();
        does_well(&stack).await;
        stack.handles.assert_at_rest();
        if end != End::Pending {
            return end;
        }
    }
    panic!("the call never ends");
}
