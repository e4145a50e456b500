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

use std::future::{pending, poll_fn, ready};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join, lazy};
use palisade::{
    Backoff, BulkheadLayer, CircuitBreakerLayer, CircuitHandle, Deadline, Error, RejectionReason, RetryLayer,
    TimeoutLayer,
};
use tokio::time::{Instant, advance, sleep};
use tokio_test::{assert_pending, assert_ready, task};
use tower::util::BoxService;
use tower::{Layer, ServiceExt};

use crate::support::services::{begin, call, code, coded, hung, panics, up};
use crate::support::time::{MILLI, NANO, SECOND, YEAR, elapsed, just_before};
use crate::support::{Down, Strict, now, reason, strict};

/// What is left of the nearest deadline.
fn left() -> Option<Duration> {
    Deadline::current().map(Deadline::remaining)
}

/// A service that answers what is left when it is polled.
fn asking() -> Strict<impl FnMut(()) -> BoxFuture<'static, Result<Option<Duration>, Down>> + Clone> {
    strict(|()| async { Ok(left()) }.boxed())
}

fn limit(seconds: u32) -> TimeoutLayer {
    TimeoutLayer::new(seconds * SECOND)
}

fn after(seconds: u32) -> Deadline {
    Deadline::after(seconds * SECOND)
}
