//! Checks, the health of a service, and heartbeats. What moves a verdict, and when a node is suspected, is decided in `src/state`,
//! and claimed in its tests.

mod acting;
mod checks;
mod events;
mod heartbeats;
mod judges;
mod misbehaving;
mod readiness;
mod settings;
mod signals;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use palisade::health::{HealthCheck, HealthCheckBuilder, Verdict};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{advance, sleep};

use crate::support::time::{DAY, MILLI, SECOND};
use crate::support::{Down, now, paused};
use palisade::test_util::Calls;

/// What a thing says of itself: how a test steers it.
#[derive(Clone, Debug, Default)]
struct Thing(Arc<AtomicU32>);

impl Thing {
    fn is(&self, result: Result<(), Down>) {
        self.0.store(result.map_or_else(|Down(number)| number, |()| 0), Ordering::SeqCst);
    }

    fn look(&self) -> Result<(), Down> {
        match self.0.load(Ordering::SeqCst) {
            0 => Ok(()),
            number => Err(Down(number)),
        }
    }

    /// A check of it, each second.
    fn check(&self, name: &'static str) -> HealthCheckBuilder<impl palisade::health::Check> {
        let thing = self.clone();
        let check = move || {
            let result = thing.look();
            async move { result }
        };
        HealthCheck::builder(name, check).interval(SECOND).jitter(0.0)
    }
}

fn down(why: &'static str) -> Verdict {
    Verdict::Unhealthy(why.into())
}

/// Runs a check, up to its first result.
async fn run(check: &HealthCheck) -> JoinHandle<()> {
    let task = tokio::spawn(check.run());
    until(|| check.snapshot().last.is_some()).await;
    task
}

/// Waits on the paused clock, and for no longer than anything here takes.
async fn until(condition: impl Fn() -> bool) {
    for _ in 0..100_000 {
        if condition() {
            return;
        }
        sleep(MILLI).await;
    }
    panic!("not in 100 seconds");
}

async fn good_after(time: Duration) -> Result<(), Down> {
    sleep(time).await;
    Ok(())
}
