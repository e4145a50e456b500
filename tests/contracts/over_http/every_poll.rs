//! Every poll is a place to drop, of the future and of the body.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use palisade::CircuitHandle;
use tokio::time::advance;
use tower::ServiceExt;

use super::{
    calls::{Streamed, assert_well},
    server::At,
    stacks::{Http, over_http, request},
};
use crate::{
    inner::{
        Answer::{self, After, Echo, Never, PanicsInCall, PanicsInPoll, PanicsInSecondPoll},
        Inner,
        Readiness::{self, Late, Ready},
    },
    panics::is_the_services_own,
    remains::Handles,
    stacks::{PAUSE, Stack},
    support::Down,
};

/// More polls than any call here needs.
const POLLS: usize = 40;

/// The time between the polls of a call that hangs.
const LEAP: Duration = Duration::from_secs(3);

/// What had become of a call when it was dropped.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Pending,
    Over,
    Panicked,
}

fn caught<T>(run: impl FnOnce() -> T) -> Option<T> {
    let result = catch_unwind(AssertUnwindSafe(run));
    result.inspect_err(|panic| assert!(is_the_services_own(&**panic))).ok()
}

/// Makes a call, polls its future and then its body `polls` times with a pause after each, and drops it.
async fn poll_and_drop<S: Http>(stack: &Stack<S>, polls: usize, pause: Duration) -> End {
    let mut service = stack.service.clone();
    let service = service.ready().await.unwrap();
    let Some(call) = caught(|| service.call(request())) else { return End::Panicked };
    let mut call = Streamed::<S>::of(call);
    for _ in 0..polls {
        match caught(|| call.poll()) {
            Some(false) => advance(pause).await,
            Some(true) => return End::Over,
            None => return End::Panicked,
        }
    }
    End::Pending
}

/// Drops a call after each number of polls, and tells how it ends if it is not dropped before.
async fn at_every_poll<S: Http>(
    build: impl Fn(Inner, At) -> Stack<S>,
    (begin, readiness): Beginning,
    at: At,
    plan: &[Answer],
) -> End {
    let hangs = plan.contains(&Never);
    let (pause, cut) = if hangs { (LEAP, plan.len() as u64) } else { (PAUSE, 0) };
    for polls in 0..POLLS {
        let stack = build(Inner::default().ever(readiness).answers(plan.iter().copied()), at);
        begin(&stack.handles);
        let end = poll_and_drop(&stack, polls, pause).await;
        // Before the circuit is asked, because it counts that.
        stack.handles.assert_tallied(u64::from(end == End::Panicked), cut);
        stack.handles.assert_at_rest();
        stack.handles.inner.recover();
        assert_well(&stack).await;
        stack.handles.assert_at_rest();
        if end != End::Pending {
            return end;
        }
    }
    panic!("the call never ends");
}

fn closed(_: &Handles) {}

/// The open time is over, so the call is a probe.
fn open(handles: &Handles) {
    handles.trip();
}

/// A probe takes its place.
fn half_open(handles: &Handles) {
    handles.trip();
    drop(handles.circuit.as_ref().map(CircuitHandle::try_enter));
}

/// How a call finds the circuit, and the server.
type Beginning = (fn(&Handles), Readiness);

const BEGINNINGS: [Beginning; 5] =
    [(closed, Ready), (closed, Late), (open, Ready), (half_open, Ready), (half_open, Late)];

async fn a_call_dropped_at_any_poll_of_its_future_leaves_nothing<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let plans = [
        vec![Echo],
        vec![After(2, Ok(200))],
        vec![After(1, Ok(503)), After(0, Err(Down(1))), After(1, Ok(200))],
        vec![After(0, Ok(500))],
        vec![After(1, Err(Down(1))), After(1, Err(Down(2))), After(1, Err(Down(3)))],
    ];
    for plan in plans {
        for begin in BEGINNINGS {
            assert_eq!(at_every_poll(&build, begin, At::Head, &plan).await, End::Over, "{plan:?}");
        }
    }
}
over_http!(every stack: a_call_dropped_at_any_poll_of_its_future_leaves_nothing);

async fn a_body_dropped_at_any_poll_leaves_nothing<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    for plan in [After(0, Ok(200)), After(3, Ok(200)), After(0, Err(Down(1))), After(2, Err(Down(1)))] {
        for begin in BEGINNINGS {
            assert_eq!(at_every_poll(&build, begin, At::Body, &[plan]).await, End::Over, "{plan:?}");
        }
    }
}
over_http!(every stack: a_body_dropped_at_any_poll_leaves_nothing);

async fn what_hangs_is_cut_and_leaves_nothing_at_any_poll<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    for at in [At::Head, At::Body] {
        for begin in BEGINNINGS {
            assert_eq!(at_every_poll(&build, begin, at, &[Never; 3]).await, End::Over);
        }
    }
}
over_http!(every timeout: what_hangs_is_cut_and_leaves_nothing_at_any_poll);

async fn a_panic_leaves_nothing_at_any_poll_of_the_future_and_the_body<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    for (at, panics) in [
        (At::Head, PanicsInCall),
        (At::Head, PanicsInPoll),
        (At::Head, PanicsInSecondPoll),
        (At::Body, PanicsInPoll),
        (At::Body, PanicsInSecondPoll),
    ] {
        for begin in BEGINNINGS {
            assert_eq!(at_every_poll(&build, begin, at, &[panics]).await, End::Panicked, "{at:?} {panics:?}");
        }
    }
}
over_http!(every stack: a_panic_leaves_nothing_at_any_poll_of_the_future_and_the_body);
