//! The bulkhead. Who gets which place is decided in `src/state/permits.rs`, and claimed in `src/state/tests/permits`.

mod adaptive;
mod events;
mod handle;
mod late;
mod outside;
mod places;
mod queueing;
mod wait_limits;
mod waiting;
mod without_a_queue;

use std::future::{pending, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll};
use std::time::Duration;

use palisade::test_util::EventLog;
use palisade::{
    BulkheadHandle, BulkheadLayer, CircuitBreakerLayer, Deadline, Error, Name, QueueLayer, Rejection, RejectionReason,
    TimeoutLayer,
};
use tokio::time::advance;
use tokio_test::task::{Spawn, spawn};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};
use tracing::Level;

use crate::support::services::{begin, call, panics, up};
use crate::support::time::{MILLI, YEAR};
use crate::support::{Down, Strict, now, strict};

const LONG: Duration = Duration::from_millis(100);
/// A millisecond less than [`LONG`].
const NEARLY: Duration = Duration::from_millis(99);

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
type Inner = Strict<fn(Ask) -> Reply>;

fn inner() -> Inner {
    strict(|ask| match ask {
        Ask::Answer => Box::pin(ready(Ok(7))),
        Ask::Fail => Box::pin(ready(Err(Down(1)))),
        Ask::Hang => Box::pin(pending()),
        Ask::PanicInCall => panic!("in call"),
        Ask::PanicInPoll => Box::pin(async { panic!("in poll") }),
    })
}

/// A bulkhead in whose queue so many may wait.
fn queue(places: usize, max_queue: usize) -> QueueLayer {
    BulkheadLayer::builder(places).max_queue(max_queue).build().expect("the settings are legal")
}

/// Calls that were polled once and are pending.
fn begin_all<const N: usize, S: Service<Ask>>(service: &mut S, ask: Ask) -> [Spawn<S::Future>; N] {
    [(); N].map(|()| begin(service, ask))
}

/// Why a call was rejected, if it was.
fn reason<T>(poll: Poll<Result<T, Error>>) -> Option<RejectionReason> {
    let Poll::Ready(result) = poll else { return None };
    result.err()?.rejection().map(Rejection::reason)
}

fn is_answered(call: &mut Spawn<impl Future<Output = Result<u32, Error>>>) -> bool {
    matches!(call.poll(), Poll::Ready(Ok(7)))
}
