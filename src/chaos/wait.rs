//! How a call that met a fault waits.

use std::pin::Pin;
use std::sync::Arc; // no model checks it
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::shared::Core;
use crate::time;

/// The wait of a call. Boxed, so that the calls that meet no fault do not carry it.
pub(crate) type Wait = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// How long a condition to halt may hold before a call that waits asks it.
const PATIENCE: Duration = Duration::from_millis(100);

/// Waits until a moment, or for ever, but no longer than the run of this number goes on.
pub(crate) async fn wait(core: Arc<Core>, run: u64, until: Option<Instant>) {
    loop {
        let mut halted = std::pin::pin!(core.halted.notified());
        // Before the look at the run, so that no end is missed.
        halted.as_mut().enable();
        let Some(end) = core.look(|runs| runs.end_of(run)) else { return };
        let now = time::now();
        if until.is_some_and(|until| until <= now) || core.is_to_halt() {
            return;
        }
        let next = time::after(now, PATIENCE).min(core.clock.instant(end));
        timeout_at(until.map_or(next, |until| until.min(next)), halted).await.ok();
    }
}
