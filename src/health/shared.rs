//! What all handles of a check share with its task.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::probe::Probe;
use crate::event::{self, Event};
use crate::name::Name;
use crate::source::{Kind, Source};
use crate::state::verdict::{Standing, Thresholds, Verdict};
use crate::time::{Clock, Nanos};

/// How often a check runs, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) interval: Duration,
    pub(super) jitter: f64,
    pub(super) timeout: Duration,
    pub(super) seed: Option<u64>,
}

impl Pace {
    /// How long a verdict holds without a result: the longest time between two, for as many as move it.
    fn patience(self, thresholds: Thresholds) -> Nanos {
        let longest = self.interval_of(1.0).saturating_add(self.timeout);
        longest.saturating_mul(thresholds.unhealthy).into()
    }

    /// An interval, of a random number from 0 to 1.
    pub(super) fn interval_of(self, random: f64) -> Duration {
        let factor = self.jitter.mul_add(random, 1.0);
        Duration::try_from_secs_f64(self.interval.as_secs_f64() * factor).unwrap_or(Duration::MAX)
    }
}

pub(super) struct Core {
    pub(super) name: Name,
    pub(super) pace: Pace,
    pub(super) standing: Standing,
    pub(super) clock: Clock,
    /// How many nanoseconds the last check took.
    took: AtomicU64,
    /// The verdict since the last change of it. Dropped with the last handle, which ends the task.
    pub(super) changes: watch::Sender<Verdict>,
    /// What is to be checked, unless it is being checked.
    pub(super) probe: Mutex<Option<Box<dyn Probe>>>,
}

impl Core {
    pub(super) fn new(name: Name, probe: Box<dyn Probe>, pace: Pace, thresholds: Thresholds) -> Self {
        Self {
            name,
            pace,
            standing: Standing::new(thresholds, pace.patience(thresholds)),
            clock: Clock::start(),
            took: AtomicU64::new(0),
            changes: watch::Sender::new(Verdict::Healthy),
            probe: Mutex::new(Some(probe)),
        }
    }

    /// How long the last check took.
    pub(super) fn took(&self) -> Duration {
        Duration::from_nanos(self.took.load(Ordering::Relaxed))
    }

    /// Takes a result of the check. The events come after the change.
    pub(super) fn record(&self, result: Verdict, took: Duration) {
        self.took.store(Nanos::from(took).0, Ordering::Relaxed);
        if let Some((from, to)) = self.standing.record(result, &self.clock) {
            let source = Source::new(Kind::HealthCheck, self.name);
            event::tell(source, &Event::VerdictChanged { from: &from, to: &to });
            self.changes.send_replace(to);
        }
    }
}
