//! The deadline: the time a call has left, as every layer below sees it.

#![expect(clippy::unwrap_used, reason = "what a test unwraps is what it claims")]

mod a_breaker_below;
mod carried;
mod current;
mod interleaved;
mod obeyed;
mod restored;
mod scope;
mod value;

use crate::support;

use std::{
    cell::Cell,
    future::{Pending, Ready, pending, poll_fn, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, join, lazy},
};
use palisade::{
    Backoff, BulkheadLayer, CircuitBreakerLayer, CircuitHandle, Deadline, Elapsed, Error, Phase, QueueLayer, Rejection,
    RejectionReason, RetryLayer, TimeoutLayer,
};
use tokio::time::{Instant, advance, sleep};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use support::{Down, Strict, strict};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
const TICK: Duration = Duration::from_nanos(1);

fn just_before(duration: Duration) -> Duration {
    duration.saturating_sub(TICK)
}

/// A service that never answers.
fn stuck() -> Strict<impl FnMut(()) -> Pending<Result<(), Down>> + Clone> {
    strict(|()| pending())
}

/// What is left of the nearest deadline.
fn left() -> Option<Duration> {
    Deadline::current().map(Deadline::remaining)
}

/// A service that answers what is left when it is polled.
fn asking() -> Strict<impl FnMut(()) -> BoxFuture<'static, Result<Option<Duration>, Down>> + Clone> {
    strict(|()| async { Ok(left()) }.boxed())
}

#[expect(clippy::disallowed_methods, reason = "a test reads the paused clock")]
fn now() -> Instant {
    Instant::now()
}

fn elapsed<T>(result: Result<T, Error>) -> Elapsed {
    match result {
        Err(Error::TimedOut(elapsed)) => elapsed,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was answered"),
    }
}

/// Makes the call, as whoever polled the service ready.
fn call<S: Service<()>>(service: &mut S) -> S::Future {
    assert!(service.ready().now_or_never().is_some_and(|ready| ready.is_ok()));
    service.call(())
}
