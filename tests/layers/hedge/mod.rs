//! The hedge. What an attempt's end means is decided in `src/state`, and claimed in `src/state/tests/hedge`.

#![expect(clippy::unwrap_used, reason = "what a test unwraps is what it claims")]

mod attempts;
mod below;
mod budget;
mod clock;
mod counted;
mod deadline;
mod dropping;
mod elsewhere;
mod events;
mod panicking;
mod quantile;
mod readiness;
mod replicas;
mod request;
mod settings;
mod value;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use palisade::test_util::{EventLog, LoggedEvent};
use palisade::{
    Backoff, Budget, BulkheadLayer, Criticality, Deadline, Error, HedgeBuilder, HedgeLayer, Outcome, RetryLayer,
    TimeoutLayer,
};
use tokio::time::{advance, sleep};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::services::{FAILS, READY, REJECTED, TIMED_OUT, code, hung, panics, result, up};
use crate::support::time::{MILLI, SECOND, elapsed};
use crate::support::{Down, Strict, now, strict};

/// A response that takes longer than any test.
const NEVER: u64 = 1_000_000;

/// A hedge that starts after 10 milliseconds.
fn ten() -> HedgeBuilder {
    HedgeLayer::builder("hedge").after(10 * MILLI)
}

/// A budget that gains nothing.
fn fixed_budget(tokens: u32) -> Budget {
    Budget::builder().capacity(tokens).ratio(0.0).per_second(0.0).build().unwrap()
}

/// What became of a call, by the paused clock.
#[derive(Debug, PartialEq)]
struct Seen {
    code: u32,
    /// When its attempts were sent, in milliseconds.
    at: Vec<u128>,
    /// When it ended, in milliseconds.
    end: u128,
}

fn seen(code: u32, at: &[u128], end: u128) -> Seen {
    Seen { code, at: at.to_vec(), end }
}

/// Sends a call to a service whose attempts take so many milliseconds, and then give the result of a code.
async fn send<L>(layer: &L, plan: &'static [(u64, u32)]) -> Seen
where
    L: Layer<Planned, Service: Service<u32, Response = u32, Error = Error>>,
{
    let (start, at) = (now(), Arc::<Mutex<Vec<u128>>>::default());
    let sent = Arc::clone(&at);
    let result =
        layer.layer(planned(plan, move || sent.lock().unwrap().push((now() - start).as_millis()))).oneshot(7).await;
    let at = at.lock().unwrap().clone();
    Seen { code: code(&result), at, end: (now() - start).as_millis() }
}

type Planned = Strict<
    &'static (dyn Fn(u32) -> std::pin::Pin<Box<dyn Future<Output = Result<u32, Error>> + Send>> + Send + Sync),
    Error,
>;

/// Each call takes so many milliseconds, and then gives the result of a code. The last goes for all others, too.
fn planned(plan: &'static [(u64, u32)], sent: impl Fn() + Send + Sync + 'static) -> Planned {
    let next = AtomicUsize::new(0);
    // Leaked, so that its type has a name and can be cloned.
    strict(Box::leak(Box::new(move |_| {
        sent();
        let (millis, code) = plan[next.fetch_add(1, Ordering::SeqCst).min(plan.len() - 1)];
        async move {
            if millis > 0 {
                sleep(Duration::from_millis(millis)).await;
            }
            result(code)
        }
        .boxed()
    })))
}

/// Judges by the code: a response of 429 is throttled, one of 500 is failed, one of 503 is transient, one of 404 is ignored.
fn by_code(result: Result<&u32, &Error>) -> Outcome {
    match result {
        Ok(429) => Outcome::Throttled { retry_after: None },
        Ok(500) => Outcome::Failed,
        Ok(404) => Outcome::Ignored,
        Ok(503) | Err(_) => Outcome::Transient,
        Ok(_) => Outcome::Success,
    }
}
