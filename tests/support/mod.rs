//! What several tests use.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

pub mod alone;
pub mod crowd;
pub mod inner;
pub mod readings;
pub mod services;
pub mod time;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use std::{error, fmt, io, iter};

use palisade::{Deadline, Error, Rejection, RejectionReason};
use tokio::runtime;
use tokio::time::{Instant, timeout};
use tower::Service;

/// An inner service that holds its callers to the contract of `Service`.
///
/// It panics when it is called without having been polled ready, and a clone starts not ready. It counts the calls that it
/// and its clones were sent.
pub struct Strict<F> {
    f: F,
    ready: bool,
    calls: Calls,
}

/// How many calls a service was sent, all clones together.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<AtomicUsize>);

impl Calls {
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Counts a call that goes to no such service.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Makes a [`Strict`] service of a function from requests to futures.
pub fn strict<F>(f: F) -> Strict<F> {
    Strict { f, ready: false, calls: Calls::default() }
}

impl<F> Strict<F> {
    pub fn calls(&self) -> Calls {
        self.calls.clone()
    }
}

impl<F: Clone> Clone for Strict<F> {
    fn clone(&self) -> Self {
        Self { f: self.f.clone(), ready: false, calls: self.calls.clone() }
    }
}

impl<F> fmt::Debug for Strict<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Strict").field("ready", &self.ready).finish_non_exhaustive()
    }
}

impl<Request, F, Fut, Response, E> Service<Request> for Strict<F>
where
    F: FnMut(Request) -> Fut,
    Fut: Future<Output = Result<Response, E>>,
{
    type Response = Response;
    type Error = E;
    type Future = Fut;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Fut {
        assert!(std::mem::take(&mut self.ready), "called without having been polled ready");
        self.calls.0.fetch_add(1, Ordering::SeqCst);
        (self.f)(request)
    }
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

/// Results to be given one after another, shared by all clones; panics when there are none left.
#[derive(Clone, Debug)]
pub struct Script<T>(Arc<Mutex<VecDeque<Result<T, Down>>>>);

impl<T> Script<T> {
    pub fn new(results: impl IntoIterator<Item = Result<T, Down>>) -> Self {
        Self(Arc::new(Mutex::new(results.into_iter().collect())))
    }

    pub fn next(&self) -> Result<T, Down> {
        self.0.lock().expect("no service panics while it reads").pop_front().expect("the script is over")
    }
}

/// An I/O error with this text.
pub fn io_error(text: &'static str) -> io::Error {
    io::Error::other(text)
}
