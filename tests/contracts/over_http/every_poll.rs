//! Every poll is a place to drop, of the future and of the body.

use std::time::Duration;

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
        Readiness::{Late, Ready},
    },
    polls::{self, Beginning, End, closed, half_open, open},
    stacks::Stack,
    support::Down,
};

/// Makes a call, polls its future and then its body `polls` times with a pause after each, and drops it.
async fn poll_and_drop<S: Http>(stack: &Stack<S>, polls: usize, pause: Duration) -> End {
    let mut service = stack.service.clone();
    let service = service.ready().await.unwrap();
    polls::poll_and_drop(|| Streamed::<S>::of(service.call(request())), Streamed::poll, polls, pause).await
}

async fn at_every_poll<S: Http>(
    build: impl Fn(Inner, At) -> Stack<S>,
    begin: Beginning,
    at: At,
    plan: &[Answer],
) -> End {
    let plan = (plan, plan.len() as u64);
    polls::at_every_poll(|inner| build(inner, at), begin, plan, poll_and_drop, assert_well).await
}

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
