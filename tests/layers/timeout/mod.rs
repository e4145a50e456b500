//! The timeout, line by line of what it means.

#![expect(clippy::unwrap_used, reason = "what a test unwraps is what it claims")]

mod clock;
mod events;
mod expiry;
mod limit;
mod nested;
mod polling;
mod readiness;
mod send;

use crate::support;

use std::{
    cell::{Cell, RefCell},
    future::{Pending, Ready, pending, poll_fn, ready},
    marker::PhantomData,
    pin::pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::FutureExt;
use palisade::{Deadline, Elapsed, Error, TimeoutLayer};
use tokio::{
    sync::Semaphore,
    time::{Instant, advance, sleep},
};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt};
use tracing::Level;

use support::{Down, Strict, events::Events, strict};

const TARGET: &str = "palisade::timeout";
const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const TICK: Duration = Duration::from_nanos(1);

fn just_before(duration: Duration) -> Duration {
    duration.saturating_sub(TICK)
}

/// A service that never answers.
fn stuck() -> Strict<impl FnMut(()) -> Pending<Result<(), Down>> + Clone> {
    strict(|()| pending())
}

/// A service that answers at once.
fn prompt() -> Strict<impl FnMut(()) -> Ready<Result<&'static str, Down>> + Clone> {
    strict(|()| ready(Ok("paid")))
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

/// Moves the paused clock from within a poll.
fn advance_in_poll(duration: Duration) {
    assert_pending!(task::spawn(advance(duration)).poll());
}

/// Makes the call, as whoever polled the service ready.
fn call<S: Service<()>>(service: &mut S) -> S::Future {
    assert!(service.ready().now_or_never().is_some_and(|ready| ready.is_ok()));
    service.call(())
}

/// An inner service that is ready, or never.
#[derive(Clone)]
struct Gate {
    readiness: Poll<Result<(), Down>>,
    polls: Rc<Cell<u32>>,
}

impl Gate {
    fn new(readiness: Poll<Result<(), Down>>) -> Self {
        Self { readiness, polls: Rc::default() }
    }
}

impl Service<()> for Gate {
    type Response = ();
    type Error = Down;
    type Future = Ready<Result<(), Down>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
        self.polls.set(self.polls.get() + 1);
        self.readiness
    }

    fn call(&mut self, (): ()) -> Self::Future {
        ready(Ok(()))
    }
}

/// An inner service that takes its time to get ready, and then to answer. A clone starts not ready.
struct Slow {
    wait: Duration,
    timer: Option<std::pin::Pin<Box<tokio::time::Sleep>>>,
    ready: bool,
}

impl Slow {
    fn new(wait: Duration) -> Self {
        Self { wait, timer: None, ready: false }
    }
}

impl Clone for Slow {
    fn clone(&self) -> Self {
        Self::new(self.wait)
    }
}

impl Service<()> for Slow {
    type Response = &'static str;
    type Error = Down;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<&'static str, Down>>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        let wait = self.wait;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(wait)));
        timer.as_mut().poll(cx).map(|()| {
            self.ready = true;
            Ok(())
        })
    }

    fn call(&mut self, (): ()) -> Self::Future {
        assert!(self.ready, "called without having been polled ready");
        let wait = self.wait;
        Box::pin(async move {
            sleep(wait).await;
            Ok("paid")
        })
    }
}
