//! The retry, line by line of what it means.

#![expect(clippy::unwrap_used, reason = "what a test unwraps is what it claims")]

mod attempts;
mod backoff;
mod budget;
mod builder;
mod deadline;
mod dropping;
mod events;
mod readiness;
mod rejections;
mod request;
mod result;
mod retry_if;
mod throttled;

use crate::support;

use std::{
    future::{Ready, pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    thread,
    time::Duration,
};

use futures_util::FutureExt;
use palisade::{
    Backoff, Budget, BulkheadLayer, CircuitBreakerLayer, Deadline, Error, Jitter, Outcome, Rejection, RejectionReason,
    RetryBuilder, RetryLayer, TimeoutLayer,
};
use tokio::time::{Instant, advance};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt};
use tracing::Level;

use support::{
    Down, Script, Strict,
    events::{Events, Recorded},
    io_error, strict,
};

const TARGET: &str = "palisade::retry";
const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_nanos(1);

fn just_before(duration: Duration) -> Duration {
    duration.saturating_sub(TICK)
}

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

/// Withdraws all tokens of a budget that gains nothing by calls.
fn drain(budget: &Budget) {
    let layer = hasty().max_attempts(u32::MAX).budget(budget.clone()).build().unwrap();
    drop(layer.layer(failing()).oneshot(()).now_or_never().unwrap());
}

fn failing() -> Strict<impl FnMut(()) -> Ready<Result<(), Down>> + Clone + Send> {
    strict(|()| ready(Err(Down(1))))
}

fn scripted<T: Clone>(
    results: impl IntoIterator<Item = Result<T, Down>>,
) -> Strict<impl FnMut(()) -> Ready<Result<T, Down>> + Clone> {
    let script = Script::new(results);
    strict(move |()| ready(script.next()))
}

/// A service that gives these results, of which some are rejections.
fn answering<T>(results: Vec<Result<T, Error>>) -> Strict<impl FnMut(()) -> Ready<Result<T, Error>> + Clone> {
    let results = Arc::new(Mutex::new(results.into_iter()));
    strict(move |()| ready(results.lock().unwrap().next().expect("the script is over")))
}

fn rejected() -> Rejection {
    BulkheadLayer::builder(0).name("below").build().unwrap().handle().try_enter().unwrap_err()
}

fn failed<T>(number: u32) -> Result<T, Error> {
    Err(Error::Service(Down(number).into()))
}

fn number_of(error: &Error) -> Option<u32> {
    error.downcast_ref().map(|Down(number)| *number)
}

/// When attempts were made, counted from the start.
#[derive(Clone)]
struct Moments {
    start: Instant,
    at: Arc<Mutex<Vec<Duration>>>,
}

impl Moments {
    #[expect(clippy::disallowed_methods, reason = "a test reads the paused clock")]
    fn passed(&self) -> Duration {
        Instant::now() - self.start
    }

    #[expect(clippy::disallowed_methods, reason = "a test reads the paused clock")]
    fn start() -> Self {
        Self { start: Instant::now(), at: Arc::default() }
    }

    fn mark(&self) {
        self.at.lock().unwrap().push(self.passed());
    }

    fn all(&self) -> Vec<Duration> {
        self.at.lock().unwrap().clone()
    }

    /// The times between attempts.
    fn waits(&self) -> Vec<Duration> {
        self.all().windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect()
    }

    /// A service that fails, and marks each attempt.
    fn failing(&self) -> Strict<impl FnMut(()) -> Ready<Result<(), Down>> + Clone> {
        let moments = self.clone();
        strict(move |()| {
            moments.mark();
            ready(Err(Down(1)))
        })
    }

    /// A service that asks for a pause, and marks each attempt.
    fn throttling(&self, pause: Option<Duration>) -> Strict<impl FnMut(()) -> Ready<Pause> + Clone> {
        let moments = self.clone();
        strict(move |()| {
            moments.mark();
            ready(Ok(pause))
        })
    }
}

/// An answer that asks for a pause.
type Pause = Result<Option<Duration>, Down>;

fn throttled(result: Result<&Option<Duration>, &Error>) -> Outcome {
    Outcome::Throttled { retry_after: *result.unwrap() }
}

/// The delays that were drawn so far, to the nanosecond.
fn delays(events: &Events) -> Vec<String> {
    let retrying = |event: &Recorded| event.field("message") == "retrying";
    events.of(TARGET).iter().filter(|event| retrying(event)).map(|event| event.field("delay").to_owned()).collect()
}

/// The delays of a call that fails, with the default backoff.
async fn drawn(retry: &RetryLayer) -> Vec<String> {
    let events = Events::record();
    retry.layer(failing()).oneshot(()).await.unwrap_err();
    delays(&events)
}

/// Why the retrying stopped.
fn stop(events: &Events) -> String {
    events.of(TARGET).last().map_or(String::new(), |event| event.field("reason").to_owned())
}

/// An inner service that is ready at the second poll, and answers at the second poll. A clone starts not ready.
struct Slow {
    polls: u32,
    sent: Arc<AtomicUsize>,
    alive: Arc<()>,
}

impl Slow {
    fn new() -> Self {
        Self { polls: 0, sent: Arc::default(), alive: Arc::default() }
    }

    /// Drives a call of it through this many polls, and drops it; tells how many attempts were sent before.
    ///
    /// First attempt: poll 1 and 2. Wait: up to poll 3. Readiness of the second attempt: poll 3 and 4. Its answer: poll 5.
    async fn drop_call_after(self, polls: u32, budget: &Budget) -> usize {
        let sent = Arc::clone(&self.sent);
        let layer = patient(10 * MS).max_attempts(2).budget(budget.clone()).build().unwrap();
        let mut service = layer.layer(self);
        std::future::poll_fn(|cx| service.poll_ready(cx)).await.unwrap();
        let mut call = task::spawn(service.call(()));
        drop(service);
        for _ in 0..polls {
            assert_pending!(call.poll());
            advance(10 * MS).await;
        }
        drop(call);
        sent.load(Ordering::SeqCst)
    }
}

impl Clone for Slow {
    fn clone(&self) -> Self {
        Self { polls: 0, sent: Arc::clone(&self.sent), alive: Arc::clone(&self.alive) }
    }
}

impl Service<()> for Slow {
    type Response = ();
    type Error = Down;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<(), Down>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        self.polls += 1;
        if self.polls < 2 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        assert!(std::mem::take(&mut self.polls) >= 2, "called without having been polled ready");
        self.sent.fetch_add(1, Ordering::SeqCst);
        let alive = Arc::clone(&self.alive);
        Box::pin(async move {
            tokio::task::yield_now().await;
            drop(alive);
            Err(Down(1))
        })
    }
}

/// An inner service of which no clone ever gets ready.
struct Unready {
    ready: bool,
}

impl Clone for Unready {
    fn clone(&self) -> Self {
        Self { ready: false }
    }
}

impl Service<()> for Unready {
    type Response = ();
    type Error = Down;
    type Future = Ready<Result<(), Down>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
        if self.ready { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn call(&mut self, (): ()) -> Self::Future {
        assert!(self.ready, "called without having been polled ready");
        ready(Err(Down(1)))
    }
}
