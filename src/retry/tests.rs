//! To whom the attempts of a call are sent, where something below chooses.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::yield_now;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

use super::{RetryBuilder, RetryLayer};
use crate::backoff::Backoff;
use crate::context::{is_repeat, tried, try_on};
use crate::error::Error;
use crate::timeout::TimeoutLayer;

const REPLICAS: [u32; 3] = [7, 8, 9];

type Sent = Arc<Mutex<Vec<u32>>>;

/// The first of the replicas that was not tried, or of all once all were.
fn choose() -> u32 {
    let untried = |id: &u32| !tried().contains(*id);
    REPLICAS.into_iter().find(untried).unwrap_or(REPLICAS[0])
}

/// An attempt that is sent to a replica. It notes it when it is dropped.
struct Attempt(u32);

impl Drop for Attempt {
    fn drop(&mut self) {
        try_on(self.0);
    }
}

fn down() -> Error {
    BoxError::from("down").into()
}

/// What chooses in each `call`, and fails after a few polls.
fn replicas(sent: &Sent, polls: u32) -> impl Service<(), Response = (), Error = Error, Future: Send> + Clone + use<> {
    let sent = Arc::clone(sent);
    service_fn(move |()| {
        let attempt = Attempt(choose());
        sent.lock().push(attempt.0);
        async move {
            for _ in 1..polls {
                yield_now().await;
            }
            drop(attempt);
            Err(down())
        }
    })
}

fn attempts(max: u32) -> RetryLayer {
    let builder: RetryBuilder = RetryLayer::builder("replicas").max_attempts(max).backoff(Backoff::none());
    builder.without_budget().build().expect("it is legal")
}

/// To whom a call with so many attempts is sent.
async fn sent_to(max: u32, polls: u32) -> Vec<u32> {
    let sent = Sent::default();
    attempts(max).layer(replicas(&sent, polls)).oneshot(()).await.expect_err("all fail");
    let sent = sent.lock();
    sent.clone()
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_sent_to_another_replica() {
    for polls in [1, 2, 5] {
        assert_eq!(sent_to(3, polls).await, REPLICAS);
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_were_tried_a_new_round_begins() {
    for polls in [1, 2] {
        assert_eq!(sent_to(6, polls).await, [REPLICAS, REPLICAS].concat());
    }
}

#[tokio::test(start_paused = true)]
async fn no_call_hears_of_another() {
    assert_eq!(sent_to(2, 1).await, [7, 8]);
    assert_eq!(sent_to(2, 1).await, [7, 8], "a call after it");
    let sent = Sent::default();
    let unretried = replicas(&sent, 1);
    for _ in 0..2 {
        unretried.clone().oneshot(()).await.unwrap_err();
    }
    assert_eq!(*sent.lock(), [7, 7], "calls without a retry");
    try_on(7);
    assert_eq!(avoided(|| (), [7]).await, [false], "a note from before the call");
}

#[tokio::test(start_paused = true)]
async fn calls_that_take_turns_have_notes_of_their_own() {
    let sent = Sent::default();
    let service = attempts(3).layer(replicas(&sent, 2));
    let (one, other) = futures_util::join!(service.clone().oneshot(()), service.oneshot(()));
    assert!(one.is_err() && other.is_err());
    assert_eq!(*sent.lock(), [7, 7, 8, 8, 9, 9]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_a_timeout_drops_was_tried() {
    let sent = Sent::default();
    let noted = Arc::clone(&sent);
    let hung = service_fn(move |()| {
        let attempt = Attempt(choose());
        noted.lock().push(attempt.0);
        async move {
            std::future::pending::<()>().await;
            drop(attempt);
            Err::<(), _>(down())
        }
    });
    let limited = TimeoutLayer::new(Duration::from_secs(1)).layer(hung);
    attempts(3).layer(limited).oneshot(()).await.unwrap_err();
    assert_eq!(*sent.lock(), REPLICAS);
}

#[tokio::test(start_paused = true)]
async fn a_retry_inside_avoids_what_attempts_around_it_tried() {
    let sent = Sent::default();
    let inner = attempts(1).layer(replicas(&sent, 1));
    attempts(3).layer(inner).oneshot(()).await.unwrap_err();
    assert_eq!(*sent.lock(), REPLICAS);
}

/// Which of these an attempt avoids, after one that failed and noted others.
async fn avoided<const N: usize>(note: impl Fn() + Clone, ids: [u32; N]) -> [bool; N] {
    let service = attempts(2).layer(service_fn(move |()| {
        let (avoided, note) = (ids.map(|id| tried().contains(id)), note.clone());
        async move {
            note();
            if is_repeat() { Ok(avoided) } else { Err(down()) }
        }
    }));
    service.oneshot(()).await.expect("the second attempt is good")
}

#[tokio::test(start_paused = true)]
async fn the_last_four_are_avoided() {
    let six = || (0..6).for_each(try_on);
    assert_eq!(avoided(six, [0, 1, 2, 3, 4, 5]).await, [false, false, true, true, true, true]);
}

#[tokio::test(start_paused = true)]
async fn the_smallest_id_and_the_largest_are_told_apart() {
    assert_eq!(avoided(|| try_on(0), [0, u32::MAX]).await, [true, false]);
    assert_eq!(avoided(|| try_on(u32::MAX), [0, u32::MAX]).await, [false, true]);
}

#[test]
fn nobody_is_avoided_after_a_panic_or_after_a_call_is_dropped() {
    let second = |end: fn() -> Poll<Result<(), Error>>| {
        attempts(2).layer(service_fn(move |()| {
            poll_fn(move |_| {
                if is_repeat() {
                    return end();
                }
                try_on(7);
                Poll::Ready(Err(down()))
            })
        }))
    };
    let panics = second(|| panic!("in the second attempt"));
    catch_unwind(AssertUnwindSafe(|| poll_once(panics.oneshot(())))).unwrap_err();
    assert!(!tried().contains(7));
    let hangs = second(|| {
        assert!(tried().contains(7));
        Poll::Pending
    });
    assert!(poll_once(hangs.oneshot(())).is_pending());
    assert!(!tried().contains(7));
}

/// Polls a call once, and drops it.
fn poll_once<F: Future>(call: F) -> Poll<F::Output> {
    pin!(call).poll(&mut Context::from_waker(Waker::noop()))
}
