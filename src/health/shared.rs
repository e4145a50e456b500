//! What all handles of a check share with its task.

use std::sync::atomic::{AtomicU64, Ordering}; // no model checks it
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::probe::Probe;
use crate::event::{Event, Told};
use crate::name::Name;
use crate::registry::{Listed, Row, Story, Sums};
use crate::setting::{Setting, Value};
use crate::state::history::Counted;
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
    row: &'static Row,
    told: Told,
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
    pub(super) fn new(row: &'static Row, probe: Box<dyn Probe>, pace: Pace, thresholds: Thresholds) -> Self {
        Self {
            row,
            told: Told::new(),
            pace,
            standing: Standing::new(thresholds, pace.patience(thresholds)),
            clock: Clock::start(),
            took: AtomicU64::new(0),
            changes: watch::Sender::new(Verdict::Healthy),
            probe: Mutex::new(Some(probe)),
        }
    }

    pub(super) const fn name(&self) -> Name {
        self.row.name()
    }

    /// How long the last check took.
    pub(super) fn took(&self) -> Duration {
        Duration::from_nanos(self.took.load(Ordering::Relaxed))
    }

    /// Takes a result of the check. The events come after the change.
    pub(super) fn record(&self, result: Verdict, took: Duration) {
        self.took.store(Nanos::from(took).0, Ordering::Relaxed);
        self.row.count(result.level().result_word());
        if let Some((from, to)) = self.standing.record(result, &self.clock) {
            self.row.count(to.level().change_word());
            self.told.tell(self.row.source, &Event::VerdictChanged { from: &from, to: &to });
            self.changes.send_replace(to);
        }
    }
}

impl Listed for Core {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        let Pace { interval, jitter, timeout, seed: _ } = self.pace;
        let Thresholds { healthy, unhealthy } = self.standing.thresholds();
        vec![
            Setting::new("interval", interval),
            Setting::new("jitter", jitter),
            Setting::new("timeout", timeout),
            Setting::new("healthy_threshold", healthy),
            Setting::new("unhealthy_threshold", unhealthy),
        ]
    }

    /// By the names that its snapshot has.
    fn snapshot(&self) -> Vec<Setting> {
        let (view, now) = (self.standing.view(&self.clock), self.clock.now());
        let age = |at: Nanos| Value::Time(now.saturating_sub(at).into());
        vec![
            Setting::new("verdict", view.verdict.as_str()),
            Setting::new("verdict_age", age(view.since)),
            Setting::new("why", view.verdict.why().map(str::to_owned)),
            Setting::new("last_age", view.last.map(age)),
            Setting::new("took", view.last.map(|_| self.took())),
        ]
    }

    fn story(&self, story: &mut Story) {
        story.add(self.row.source, &self.told, Counted::default);
    }

    fn gauges(&self, sums: &mut Sums) {
        sums.of(self.row).add_count(self.standing.view(&self.clock).verdict.as_str(), 1);
    }
}
