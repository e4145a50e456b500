//! Looks at a check.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::probe::Probe;
use super::run::Running;
use super::shared::{Core, Pace};
use crate::judge::{Judge, Judgement};
use crate::name::Name;
use crate::registry::Listing;
use crate::state::verdict::{Level, Thresholds, Verdict};

/// Checks a thing again and again, and keeps the verdict.
///
/// A check is a handle: cheap to clone, and all clones share one verdict. It does nothing by itself: spawn [`run`](Self::run).
/// The task ends when the last handle is gone, those that a [`Health`](super::Health) holds too.
///
/// # Examples
///
/// ```
/// use std::io;
/// use palisade::health::{HealthCheck, Verdict};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let database = HealthCheck::new("database", async || Err::<(), _>(io::Error::other("refused")))?;
/// let task = tokio::spawn(database.run());
/// let mut changes = database.changes();
///
/// assert_eq!(changes.next().await, Some(Verdict::Unhealthy("refused".into())));
/// drop(database);
/// task.await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HealthCheck {
    core: Arc<Core>,
}

/// What a check has found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CheckSnapshot {
    /// The verdict.
    pub verdict: Verdict,
    /// Since when it holds; the reason may be newer.
    pub since: Instant,
    /// When the last result came.
    pub last: Option<Instant>,
    /// How long the last check took.
    pub took: Option<Duration>,
}

impl HealthCheck {
    pub(super) fn of(listing: &Listing, probe: Box<dyn Probe>, pace: Pace, thresholds: Thresholds) -> Self {
        let core = Arc::new(Core::new(listing.row, probe, pace, thresholds));
        listing.list(Arc::downgrade(&core));
        Self { core }
    }

    /// The name of the check.
    pub fn name(&self) -> Name {
        self.core.name()
    }

    /// The verdict: `Healthy` before the first result.
    ///
    /// It is `Unhealthy` with the reason `"stale"` when there was no result for longer than
    /// [`unhealthy_threshold`](super::HealthCheckBuilder::unhealthy_threshold) checks may take: the check is not run, or blocks
    /// its thread.
    pub fn verdict(&self) -> Verdict {
        self.core.standing.view(&self.core.clock).verdict
    }

    /// The verdict, with its times.
    pub fn snapshot(&self) -> CheckSnapshot {
        let Core { standing, clock, .. } = &*self.core;
        let view = standing.view(clock);
        let last = view.last.map(|last| clock.instant(last));
        let took = last.map(|_| self.core.took());
        CheckSnapshot { verdict: view.verdict, since: clock.instant(view.since), last, took }
    }

    /// The level, where there was a result.
    pub(super) fn level(&self) -> Option<Level> {
        self.core.standing.level(&self.core.clock)
    }

    /// Waits for changes of the verdict, to act on them: restart a process, or tell somebody.
    pub fn changes(&self) -> Changes {
        Changes { verdicts: self.core.changes.subscribe() }
    }

    /// Runs the check until the last handle is gone, at the latest when the check that runs then is dropped.
    ///
    /// Spawn the future. Checks of one handle never overlap: where a `run` of another clone is not dropped yet, this one ends at once.
    /// A check that panics failed.
    ///
    /// # Panics
    ///
    /// When it is polled outside a tokio runtime with a timer.
    pub fn run(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let running = Running::new(&self.core);
        let mut verdicts = self.core.changes.subscribe();
        let gone = async move { while verdicts.changed().await.is_ok() {} };
        async move {
            if let Some(running) = running {
                running.until(gone).await;
            }
        }
    }
}

/// As the verdict says, `Healthy` before the first result. It takes no lock.
impl Judge for HealthCheck {
    fn judge(&self) -> Judgement {
        self.level().unwrap_or(Level::Healthy).judgement()
    }

    fn why(&self) -> Option<String> {
        self.verdict().why().map(str::to_owned)
    }
}

impl fmt::Debug for HealthCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut check = f.debug_struct("HealthCheck");
        check.field("name", &self.name()).field("verdict", &self.verdict()).finish_non_exhaustive()
    }
}

/// Changes of a check's verdict. Made by [`HealthCheck::changes`].
#[derive(Clone, Debug)]
pub struct Changes {
    verdicts: watch::Receiver<Verdict>,
}

impl Changes {
    /// Waits for the next change, and returns the verdict then. `None` when the last handle of the check is gone.
    ///
    /// Of changes that come while nobody waits, the last is returned. A verdict that only becomes stale is no change.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses no change.
    pub async fn next(&mut self) -> Option<Verdict> {
        self.verdicts.changed().await.ok()?;
        Some(self.verdicts.borrow_and_update().clone())
    }
}
