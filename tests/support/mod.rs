//! What several tests use.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

pub mod alone;
pub mod codec;
pub mod crowd;
pub mod inner;
pub mod readings;
pub mod services;
pub mod time;

use std::time::Duration;
use std::{error, fmt, io, iter};

use palisade::test_util::ServiceProbe;
use palisade::{Deadline, Error, Rejection, RejectionReason};
use tokio::runtime;
use tokio::time::{Instant, timeout};
use tower::service_fn;
use tower::util::ServiceFn;

/// A probe around a function from requests to futures.
pub type Strict<F, E = Down> = ServiceProbe<ServiceFn<F>, E>;

/// Makes a [`Strict`] service.
pub fn strict<F, E>(f: F) -> Strict<F, E> {
    ServiceProbe::new(service_fn(f))
}

/// Runs a test in a runtime of its own, whose clock is paused. A test that waits for nothing fails, and does not hang.
pub fn paused<T>(test: impl Future<Output = T>) -> T {
    let runtime = runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let test = async { timeout(Duration::from_secs(1 << 34), test).await.expect("the test hangs") };
    runtime.expect("a runtime needs little").block_on(test)
}

/// The moment on the clock that the layers read.
pub fn now() -> Instant {
    Deadline::after(Duration::ZERO).instant()
}

/// An error and its sources.
pub fn chain<'a>(error: &'a (dyn error::Error + 'static)) -> impl Iterator<Item = &'a (dyn error::Error + 'static)> {
    iter::successors(Some(error), |error| error.source())
}

/// Why a call was rejected, if it was.
pub fn reason<T>(result: &Result<T, Error>) -> Option<RejectionReason> {
    result.as_ref().err().and_then(Error::rejection).map(Rejection::reason)
}

/// An error of a service's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Down(pub u32);

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "down {}", self.0)
    }
}

impl error::Error for Down {}

/// An I/O error with this text.
pub fn io_error(text: &'static str) -> io::Error {
    io::Error::other(text)
}
