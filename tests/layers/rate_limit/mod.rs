//! The rate limit. What passes when is decided in `src/state/bucket.rs`, and claimed in `src/state/tests/bucket`.

mod at_once;
mod events;
mod heeding;
mod keys;
mod many;
mod setting;
mod turns;

use std::task::Poll;
use std::time::Duration;

use palisade::test_util::EventLog;
use palisade::{
    Deadline, Error, Outcome, PacingLayer, PerKeyHandle, Rate, RateLimitBuilder, RateLimitHandle, RateLimitLayer,
    Rejection, RejectionReason, RetryLayer, TimeoutLayer,
};
use tokio::time::advance;
use tokio_test::task::{Spawn, spawn};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tracing::Level;

use crate::support::services::{begin, call, down, hung, up};
use crate::support::time::{MILLI, NANO, SECOND, YEAR, just_before};
use crate::support::{Down, now, paused, reason};

const LIMITED: Option<RejectionReason> = Some(RejectionReason::RateLimited);

/// One call each second, and a burst of so many.
fn builder(burst: u32) -> RateLimitBuilder {
    RateLimitLayer::builder("api", Rate::per_second(1)).burst(burst)
}

/// The same, in which calls wait for so long.
fn pacing(burst: u32, max_wait: Duration) -> PacingLayer {
    builder(burst).max_wait(max_wait).build().expect("the settings are legal")
}

/// Makes calls until one is rejected: how many passed, and what the rejection says.
fn drained(limit: &RateLimitHandle) -> (u32, Option<Duration>) {
    let mut passed = 0;
    loop {
        match limit.try_enter() {
            Ok(()) => passed += 1,
            Err(rejection) => return (passed, rejection.retry_after()),
        }
    }
}
