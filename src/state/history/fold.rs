//! Adds up how a thing stood.

use super::figures::Figures;
use super::turn::{Standing, Turn};
use crate::state::counts::share;
use crate::time::Nanos;

/// What figures are made of. Those of several things can be added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Calls that were answered well, of those `asked`.
    pub(crate) good: u64,
    pub(crate) asked: u64,
    pub(crate) operating: Nanos,
    pub(crate) downtime: Nanos,
    pub(crate) longest: Nanos,
    pub(crate) failures: u64,
    pub(crate) restored: u64,
    pub(crate) reopened: u64,
}

impl Sums {
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            good: self.good.saturating_add(other.good),
            asked: self.asked.saturating_add(other.asked),
            operating: self.operating.saturating_add(other.operating),
            downtime: self.downtime.saturating_add(other.downtime),
            longest: self.longest.max(other.longest),
            failures: self.failures + other.failures,
            restored: self.restored + other.restored,
            reopened: self.reopened + other.reopened,
        }
    }

    pub(crate) fn figures(self) -> Figures {
        let Self { good, asked, operating, downtime, longest, failures, restored, reopened } = self;
        let watched = operating.saturating_add(downtime);
        let mean = |time: Nanos| Some(Nanos(time.0.checked_div(failures)?).into());
        Figures {
            success_rate: (asked > 0).then(|| share(good, asked)),
            watched: watched.into(),
            operating: operating.into(),
            downtime: downtime.into(),
            failures,
            restored,
            reopened,
            mtbf: mean(operating),
            mttr: mean(downtime),
            longest: longest.into(),
            availability: if watched == Nanos(0) { 1.0 } else { share(operating.0, watched.0) },
        }
    }
}

/// Goes from change to change, and adds up what lies between.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fold {
    /// What was before does not count.
    from: Nanos,
    standing: Standing,
    since: Nanos,
    /// The downtime of the failure that goes on, as far as it counts.
    down: Nanos,
    /// Whether that failure was counted.
    is_counted: bool,
    sums: Sums,
}

impl Fold {
    pub(super) fn new(born: Nanos) -> Self {
        Self {
            from: born,
            standing: Standing::Up,
            since: born,
            down: Nanos(0),
            is_counted: false,
            sums: Sums::default(),
        }
    }

    /// One that has come as far, and counts nothing before `from`.
    pub(super) fn from(&self, from: Nanos) -> Self {
        Self { standing: self.standing, from: from.max(self.since), ..Self::new(self.since) }
    }

    /// When the thing last changed.
    pub(super) const fn since(&self) -> Nanos {
        self.since
    }

    pub(super) const fn is_failing(&self) -> bool {
        self.standing.is_failing()
    }

    /// Goes on to a change, and past it.
    pub(super) fn turn(&mut self, at: Nanos, turn: Turn) {
        self.go(at);
        if self.is_counted {
            self.count(turn);
        }
        if !turn.to.is_failing() {
            (self.down, self.is_counted) = (Nanos(0), false);
        }
        (self.standing, self.since) = (turn.to, at);
    }

    /// Counts what probes have found of a failure that counts.
    fn count(&mut self, turn: Turn) {
        match (self.standing, turn.to) {
            (Standing::OnTrial, Standing::Up) if !turn.is_by_hand => self.sums.restored += 1,
            (Standing::OnTrial, Standing::Down { .. }) => self.sums.reopened += 1,
            _ => {}
        }
    }

    /// The downtime until `end` of the failure that goes on.
    pub(super) fn downtime(mut self, end: Nanos) -> Nanos {
        self.go(end);
        self.down
    }

    pub(super) fn end(mut self, now: Nanos) -> Sums {
        self.go(now);
        self.sums
    }

    /// Adds the time from the last change to `end`.
    fn go(&mut self, end: Nanos) {
        let begin = self.since.max(self.from);
        match self.standing {
            Standing::Up => {
                self.sums.operating = self.sums.operating.saturating_add(end.saturating_sub(begin));
            }
            Standing::Down { until } => self.fail(end.min(until).saturating_sub(begin), end),
            Standing::OnTrial => self.fail(end.saturating_sub(begin), end),
            Standing::Out => {}
        }
    }

    /// Adds a downtime that lasted until `end`, or ended before because nobody asked any more.
    fn fail(&mut self, down: Nanos, end: Nanos) {
        let counts = end > self.from || self.since >= self.from;
        if counts && !self.is_counted {
            self.is_counted = true;
            self.sums.failures += 1;
        }
        self.down = self.down.saturating_add(down);
        self.sums.downtime = self.sums.downtime.saturating_add(down);
        self.sums.longest = self.sums.longest.max(self.down);
    }
}
