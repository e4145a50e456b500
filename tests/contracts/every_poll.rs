//! Every poll is a place to drop.

use std::time::Duration;

use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, task};
use tower::ServiceExt;

use crate::{
    inner::{
        Answer::{self, After, Never, PanicsInCall, PanicsInPoll, PanicsInSecondPoll},
        Inner,
        Readiness::{self, Late, Ready},
    },
    polls::{self, End, LEAP, POLLS, closed, half_open, open},
    remains::Handles,
    stacks::{PAUSE, PLACES, Palisade, Stack, holds_for},
    support::Down,
};

const PANICS: [Answer; 3] = [PanicsInCall, PanicsInPoll, PanicsInSecondPoll];

/// Fails, fails again, and answers; pending in between, and not.
const ATTEMPTS: [[Answer; 3]; 2] = [
    [After(2, Err(Down(1))), After(2, Err(Down(2))), After(2, Ok(3))],
    [After(0, Err(Down(1))), After(1, Err(Down(2))), After(0, Ok(3))],
];

/// Makes a call, polls it `polls` times with a pause after each, and drops it.
async fn poll_and_drop<S: Palisade>(stack: &Stack<S>, polls: usize, pause: Duration) -> End {
    let mut service = stack.service.clone();
    let service = service.ready().await.unwrap();
    polls::poll_and_drop(|| task::spawn(service.call(1)), |call| call.poll().is_ready(), polls, pause).await
}

async fn at_every_poll<S: Palisade>(
    build: &impl Fn(Inner) -> Stack<S>,
    begin: fn(&Handles),
    readiness: Readiness,
    attempts: &[Answer],
) -> End {
    let does_well = async |stack: &Stack<S>| assert_eq!(stack.call_clone(7).await.unwrap(), 7);
    polls::at_every_poll(build, (begin, readiness), (attempts, 1), poll_and_drop, does_well).await
}

async fn a_call_dropped_at_any_poll_leaves_nothing<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    for attempts in ATTEMPTS {
        for readiness in [Ready, Late] {
            assert_eq!(at_every_poll(&build, closed, readiness, &attempts).await, End::Over);
        }
    }
}
holds_for!(every stack and step: a_call_dropped_at_any_poll_leaves_nothing);

async fn a_probe_dropped_at_any_poll_leaves_nothing<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    for attempts in ATTEMPTS {
        for (begin, readiness) in [(open as fn(&Handles), Ready), (open, Late), (half_open, Ready), (half_open, Late)] {
            assert_eq!(at_every_poll(&build, begin, readiness, &attempts).await, End::Over);
        }
    }
}
holds_for!(every circuit: a_probe_dropped_at_any_poll_leaves_nothing);

async fn a_call_that_hangs_leaves_nothing_at_any_poll<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    for begin in [closed, half_open] {
        for attempts in [vec![Never; 3], vec![After(1, Err(Down(1))), Never, Never]] {
            assert_eq!(at_every_poll(&build, begin, Late, &attempts).await, End::Over);
        }
    }
}
holds_for! {
    timeout timeout_of_readiness five_in_order five_upside_down five_with_retry_inside_the_breaker:
    a_call_that_hangs_leaves_nothing_at_any_poll
}

async fn a_call_that_panics_leaves_nothing_at_any_poll<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    for panics in PANICS {
        for (begin, readiness) in [(closed as fn(&Handles), Ready), (closed, Late), (open, Ready), (half_open, Late)] {
            assert_eq!(at_every_poll(&build, begin, readiness, &[panics]).await, End::Panicked);
        }
    }
}
holds_for!(every stack and step: a_call_that_panics_leaves_nothing_at_any_poll);

async fn a_second_attempt_that_panics_leaves_nothing_at_any_poll<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    for panics in PANICS {
        for readiness in [Ready, Late] {
            let attempts = [After(1, Err(Down(1))), panics];
            assert_eq!(at_every_poll(&build, closed, readiness, &attempts).await, End::Panicked);
        }
    }
}
holds_for! {
    retrying fallback_to_a_future fallback_to_a_service five_in_order five_with_retry_inside_the_breaker:
    a_second_attempt_that_panics_leaves_nothing_at_any_poll
}

async fn a_waiter_dropped_at_any_poll_leaves_the_queue<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    for polls in 0..POLLS {
        let inner = Inner::default();
        let stack = build(inner.clone());
        let queue = stack.handles.queue();
        let places: Vec<_> = (0..PLACES).map(|_| queue.try_enter().unwrap()).collect();
        let end = poll_and_drop(&stack, polls, LEAP / 2).await;
        assert_eq!((queue.in_flight(), queue.queued(), inner.calls()), (PLACES, 0, 0), "after {polls} polls");
        drop(places);
        stack.handles.assert_at_rest();
        assert_eq!(stack.call_clone(7).await.unwrap(), 7);
        if end == End::Over {
            return;
        }
    }
    panic!("the wait never ends");
}
holds_for!(every queue: a_waiter_dropped_at_any_poll_leaves_the_queue);

/// Drops the first of two waiters after `polls` polls, with the only place freed after `freed` of them. The second gets the
/// place. Tells whether the first was done.
async fn first_of_two_waiters<S: Palisade>(stack: &Stack<S>, freed: usize, polls: usize) -> bool {
    let queue = stack.handles.queue();
    queue.resize(1);
    let mut place = queue.try_enter().ok();
    let (mut first, mut second) = (task::spawn(stack.call_clone(1)), task::spawn(stack.call_clone(2)));
    let mut done = false;
    for poll in 0..polls {
        place.take_if(|_| poll == freed);
        done = done || first.poll().is_ready();
        if poll == 0 {
            assert_pending!(second.poll());
        }
        advance(PAUSE).await;
        assert!(stack.handles.inner.alive() <= 1);
    }
    place.take_if(|_| polls == freed);
    drop(first);
    stack.handles.inner.recover();
    if place.is_some() && polls > 0 {
        assert!(!second.is_woken());
    }
    drop(place);
    assert!(second.is_woken() || polls == 0);
    assert_eq!(assert_ready!(second.poll()).unwrap(), 2);
    done
}

async fn a_waiter_dropped_at_any_poll_leaves_its_turn_to_the_next<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    for freed in 0..4 {
        let mut done = false;
        for polls in 0..POLLS {
            let stack = build(Inner::default().answers([After(3, Ok(1))]));
            done = first_of_two_waiters(&stack, freed, polls).await;
            stack.handles.assert_at_rest();
            if done {
                break;
            }
        }
        assert!(done, "the call never ends");
    }
}
holds_for!(every queue: a_waiter_dropped_at_any_poll_leaves_its_turn_to_the_next);
