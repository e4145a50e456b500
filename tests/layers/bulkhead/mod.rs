//! The bulkhead, line by line of what it means.

mod dropped_waiters;
mod events;
mod handle;
mod limits;
mod places;
mod queueing;
mod readiness_of_a_queueing_service;
mod threads;
mod waiting;
mod without_a_queue;

use crate::support;

use std::{
    future::{pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use palisade::{BulkheadHandle, BulkheadLayer, Deadline, Error, Rejection, RejectionReason, TimeoutLayer};
use support::{Down, Strict, events::Events, strict};
use tokio::{
    task::{JoinSet, yield_now},
    time::{advance, timeout},
};
use tokio_test::task::{Spawn, spawn};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};
use tracing::Level;

const TICK: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_millis(100);
/// A tick less than [`LONG`].
const NEARLY: Duration = Duration::from_millis(99);
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What the inner service is to do.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Answer,
    Fail,
    Hang,
    PanicInCall,
    PanicInPoll,
}

type Reply = Pin<Box<dyn Future<Output = Result<u32, Down>> + Send>>;

fn reply(ask: Ask) -> Reply {
    match ask {
        Ask::Answer => Box::pin(ready(Ok(7))),
        Ask::Fail => Box::pin(ready(Err(Down(1)))),
        Ask::Hang => Box::pin(pending()),
        Ask::PanicInCall => panic!("in call"),
        Ask::PanicInPoll => Box::pin(async { panic!("in poll") }),
    }
}

fn inner() -> Strict<fn(Ask) -> Reply> {
    strict(reply)
}

/// Readies the service and calls it, without polling the call.
fn call<S, R>(service: &mut S, request: R) -> Spawn<S::Future>
where
    S: Service<R, Error = Error>,
{
    let readied = service.poll_ready(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(readied, Poll::Ready(Ok(()))), "not ready");
    spawn(service.call(request))
}

/// A call that was polled once and is pending.
fn begin<S, R>(service: &mut S, request: R) -> Spawn<S::Future>
where
    S: Service<R, Error = Error>,
{
    let mut call = call(service, request);
    assert!(call.poll().is_pending(), "a call to be pending is over");
    call
}

/// Why a call was rejected, if it was.
fn reason<T>(poll: Poll<Result<T, Error>>) -> Option<RejectionReason> {
    let Poll::Ready(result) = poll else { return None };
    result.err()?.rejection().map(Rejection::reason)
}

fn panics<T>(f: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_err()
}

/// How the clones of [`Inner`] become ready.
#[derive(Clone, Copy)]
enum Readiness {
    /// When [`Inner::ready`] is set.
    Waits,
    Fails,
    Panics,
}

/// A service that is slow, fails or panics in becoming ready, and counts how often it was asked.
#[derive(Clone)]
struct Inner {
    readiness: Readiness,
    ready: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl Inner {
    fn new(readiness: Readiness) -> Self {
        Self { readiness, ready: Arc::default(), asked: Arc::default() }
    }
}

impl Service<Ask> for Inner {
    type Response = u32;
    type Error = Down;
    type Future = Reply;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
        self.asked.fetch_add(1, SeqCst);
        match self.readiness {
            Readiness::Waits if self.ready.load(SeqCst) => Poll::Ready(Ok(())),
            Readiness::Waits => Poll::Pending,
            Readiness::Fails => Poll::Ready(Err(Down(3))),
            Readiness::Panics => panic!("in readiness"),
        }
    }

    fn call(&mut self, ask: Ask) -> Reply {
        assert!(self.ready.load(SeqCst), "called before it was ready");
        reply(ask)
    }
}
