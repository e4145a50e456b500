//! The fallback, line by line of what it means.

mod beside;
mod by_hand;
mod chains;
mod costs;
mod cut_short;
mod events;
mod own_failures;
mod readiness_errors;
mod rehearsals;
mod steps;
mod taken;

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use palisade::test_util::{Calls, EventLog};
use palisade::{
    BulkheadHandle, BulkheadLayer, Deadline, Elapsed, Error, FallbackError, FallbackLayer, Name, Outcome, TimeoutLayer,
    fallback,
};
use tokio::time::{advance, sleep};
use tower::{Layer, Service, ServiceExt};
use tracing::Level;

use crate::support::services::{
    FAILS, REJECTED, TIMED_OUT, begin, call, code, coded, hung, panics, poll_ready, rejected, up,
};
use crate::support::time::{MILLI, SECOND, just_before};
use crate::support::{Down, Strict, strict};

const LIMIT: Duration = Duration::from_millis(100);

/// A service that fails, telling the request.
fn failing() -> Strict<impl Fn(u32) -> Ready<Result<u32, Down>> + Clone> {
    strict(|request| ready(Err(Down(request))))
}

/// A step that fails with `Down(n)`.
fn failing_step(n: u32) -> fallback::Function<impl Fn(Result<&u32, &Error>) -> Result<u32, Down> + Clone + use<>> {
    fallback::function(move |_: Result<&u32, &Error>| Err(Down(n)))
}

/// The number of the service's own error, or 0.
fn down(failed: Result<&u32, &Error>) -> u32 {
    failed.err().and_then(Error::downcast_ref).map_or(0, |Down(n)| *n)
}

/// The last error in a chain of sources.
fn root<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    error.source().map_or(error, root)
}

/// What failed both times.
fn both(error: &Error) -> &FallbackError {
    error.downcast_ref().expect("a fallback's own error")
}

fn is_rejection(error: &Error) -> bool {
    error.rejection().is_some()
}
