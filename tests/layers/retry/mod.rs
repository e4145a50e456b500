//! The retry. How long it waits and when it stops is decided in `src/state`, and claimed in `src/state/tests/attempts`.

#![expect(clippy::unwrap_used, reason = "what a test unwraps is what it claims")]

mod attempts;
mod backoff;
mod budget;
mod deadline;
mod dropping;
mod events;
#[cfg(feature = "http")]
mod per_host;
mod per_key;
mod readiness;
mod request;
mod retry_if;
mod throttled;

use std::future::{Ready, ready};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use palisade::retry::{BudgetPerKey, Rules};
use palisade::test_util::{EventLog, ScriptedService, ServiceProbe};
use palisade::{
    Backoff, Budget, CircuitBreakerLayer, Deadline, Error, Jitter, Name, Outcome, RetryBuilder, RetryLayer,
    TimeoutLayer,
};
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, task};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt};
use tracing::Level;

use crate::support::services::{
    Coded, FAILS, Prompt, READY, REJECTED, TIMED_OUT, begin, call, code, coded, down, hung, last_repeats, panics,
    rejected, result, up,
};
use crate::support::time::{MILLI, NANO, SECOND, elapsed, just_before};
use crate::support::{Down, Strict, io_error, now, strict};

const TARGET: &str = "palisade::retry";

/// A retry that never waits.
fn hasty() -> RetryBuilder {
    RetryLayer::builder("retry").backoff(Backoff::none())
}

/// A retry that waits `delay` each time.
fn patient(delay: Duration) -> RetryBuilder {
    RetryLayer::builder("retry").backoff(Backoff::constant(delay))
}

/// A budget that gains nothing.
fn fixed_budget(tokens: u32) -> Budget {
    Budget::builder().capacity(tokens).ratio(0.0).per_second(0.0).build().unwrap()
}

/// Sends a call to a service that gives results of these codes: the code that it ends with, and how many attempts were sent.
///
/// There is no runtime to wait in.
fn send<L>(layer: &L, codes: &'static [u32]) -> (u32, usize)
where
    L: Layer<Coded, Service: Service<u32, Response = u32, Error = Error>>,
{
    let service = coded(codes);
    let calls = service.calls();
    let result = layer.layer(service).oneshot(7).now_or_never().expect("it does not wait");
    (code(&result), calls.count())
}

/// What became of a call, by the paused clock.
struct Timed {
    code: u32,
    /// When its attempts began.
    at: Vec<Duration>,
    end: Duration,
}

impl Timed {
    /// The times between attempts.
    fn waits(&self) -> Vec<Duration> {
        self.at.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect()
    }
}

/// Sends a call that may wait, to a service that gives results of these codes.
async fn timed<L>(layer: &L, codes: &'static [u32]) -> Timed
where
    L: Layer<Coded, Service: Service<u32, Response = u32, Error = Error>>,
{
    let (start, at) = (now(), Arc::<Mutex<Vec<Duration>>>::default());
    let seen = Arc::clone(&at);
    let service = ServiceProbe::new(ScriptedService::new(last_repeats(codes).map(move |code| {
        seen.lock().unwrap().push(now() - start);
        result(code)
    })));
    let result = layer.layer(service).oneshot(7).await;
    let at = at.lock().unwrap().clone();
    Timed { code: code(&result), at, end: now() - start }
}

/// A classifier for which every result asks for this pause.
fn asks_for(pause: Option<Duration>) -> impl Fn(Result<&u32, &Error>) -> Outcome + Clone {
    move |_| Outcome::Throttled { retry_after: pause }
}
