//! The fallback, line by line of what it means.

mod chains;
mod costs;
mod cut_short;
mod events;
mod own_failures;
mod readiness_errors;
mod steps;
mod taken;

use crate::support;

use std::{
    convert::Infallible,
    future::{Ready, pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use palisade::{
    BulkheadLayer, CircuitBreakerLayer, Error, FallbackError, FallbackLayer, Outcome, Rejection, RejectionReason,
    TimeoutLayer, fallback,
};
use support::{Down, Script, Strict, events::Events, strict};
use tokio::time::{advance, sleep};
use tokio_test::task::spawn;
use tower::{Layer, Service, ServiceExt};
use tracing::Level;

const LIMIT: Duration = Duration::from_millis(100);
/// A tick less than [`LIMIT`].
const NEARLY: Duration = Duration::from_millis(99);
const TICK: Duration = Duration::from_millis(1);

/// A service that fails, telling the request.
fn failing() -> Strict<impl Fn(u32) -> Ready<Result<u32, Down>> + Clone> {
    strict(|request| ready(Err(Down(request))))
}

/// A service that answers the request.
fn answering() -> Strict<impl Fn(u32) -> Ready<Result<u32, Down>> + Clone> {
    strict(|request| ready(Ok(request)))
}

/// A service that never answers.
fn hanging() -> Strict<impl Fn(u32) -> std::future::Pending<Result<u32, Down>> + Clone> {
    strict(|_| pending())
}

/// A step that fails with `Down(n)`.
fn failing_step(n: u32) -> fallback::Function<impl Fn(Result<&u32, &Error>) -> Result<u32, Down> + Clone + use<>> {
    fallback::function(move |_: Result<&u32, &Error>| Err(Down(n)))
}

fn panics<T>(f: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_err()
}

fn poll_ready<S: Service<u32>>(service: &mut S) -> Poll<Result<(), S::Error>> {
    service.poll_ready(&mut Context::from_waker(Waker::noop()))
}

/// The service's own error, if it is the one.
fn down(error: &Error) -> Option<u32> {
    error.downcast_ref().map(|Down(n)| *n)
}

/// The last error in a chain of sources.
fn root<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    error.source().map_or(error, root)
}

/// What failed both times.
fn both(error: &Error) -> &FallbackError {
    error.downcast_ref().expect("a fallback's own error")
}

/// A service whose readiness is by a script, and which answers the request.
#[derive(Clone)]
struct Unready {
    script: Script<()>,
    ready: bool,
    asked: Arc<AtomicUsize>,
    sent: Arc<AtomicUsize>,
}

impl Unready {
    fn new(script: impl IntoIterator<Item = Result<(), Down>>) -> Self {
        Self { script: Script::new(script), ready: false, asked: Arc::default(), sent: Arc::default() }
    }
}

impl Service<u32> for Unready {
    type Response = u32;
    type Error = Down;
    type Future = Ready<Result<u32, Down>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
        self.asked.fetch_add(1, SeqCst);
        let result = self.script.next();
        self.ready = result.is_ok();
        Poll::Ready(result)
    }

    fn call(&mut self, request: u32) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without having been polled ready");
        self.sent.fetch_add(1, SeqCst);
        ready(Ok(request))
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_rejected_everywhere_stays_a_rejection() {
    let answering = || strict(|n: u32| ready(Ok::<_, Down>(n)));
    let replica = BulkheadLayer::builder(0).name("replica").build().expect("legal").layer(answering());
    let primary = BulkheadLayer::new(0).layer(answering());
    let service = FallbackLayer::new(fallback::service(replica)).layer(primary);
    let rejection = service.oneshot(1).await.expect_err("full").rejection().copied().expect("rejected");
    assert_eq!(rejection.name().as_str(), "replica");
}

#[tokio::test(start_paused = true)]
async fn a_degraded_answer_is_told_with_the_whole_chain_of_what_had_failed() {
    let events = Events::record();
    let failing = strict(|_: u32| ready(Err::<u32, _>(Down(7))));
    assert_eq!(FallbackLayer::value(1).layer(failing).oneshot(1).await.expect("degraded"), 1);
    let [event] = &events.of("palisade::fallback")[..] else { panic!("not one event") };
    assert_eq!(event.field("error"), "the service failed: down 7");
}
