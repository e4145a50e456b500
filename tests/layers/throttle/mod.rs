//! The throttle. Which calls are rejected is decided in `src/state/throttle`, and claimed in `src/state/tests/throttle`.

mod counted;
mod elsewhere;
mod events;
mod keys;
mod overload;
mod rejected;
mod windows;

use std::time::Duration;

use futures_util::FutureExt;
use palisade::test_util::EventLog;
use palisade::{
    Criticality, CriticalityLayer, Deadline, Error, Outcome, RejectionReason, ThrottleBuilder, ThrottleGuard,
    ThrottleHandle, ThrottleLayer, TimeoutLayer,
};
use tokio::time::{advance, sleep};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tracing::Level;

use crate::support::services::{FAILS, begin, down, hung, panics, rejected, up};
use crate::support::time::{MILLI, SECOND, YEAR};
use crate::support::{Down, now, paused, reason};

const THROTTLED: Option<RejectionReason> = Some(RejectionReason::Throttled);

/// The default window.
const WINDOW: Duration = Duration::from_secs(120);

fn builder() -> ThrottleBuilder {
    ThrottleLayer::builder("search").seed(7)
}

fn throttle() -> ThrottleLayer {
    builder().build().expect("the settings are legal")
}

/// The requests and the accepts of the calls that matter as usual.
fn counted(throttle: &ThrottleHandle) -> (u64, u64) {
    let counted = throttle.snapshot(Criticality::Critical);
    (counted.requests, counted.accepts)
}

/// Makes so many calls one after another, and returns how many of them were not rejected.
async fn passed<S>(service: &mut S, calls: u32) -> u32
where
    S: Service<u32, Response = u32, Error = Error>,
{
    let mut passed = 0;
    for number in 0..calls {
        let result = service.ready().await.expect("it is ready").call(number).await;
        let rejection = reason(&result);
        assert!(rejection.is_none() || rejection == THROTTLED, "{result:?}");
        passed += u32::from(rejection.is_none());
    }
    passed
}
