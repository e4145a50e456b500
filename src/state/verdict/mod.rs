//! Moves a verdict by thresholds.
//!
//! Exact: the first result decides alone. After that the verdict gets worse when enough results in a row were at least so bad,
//! and better when enough in a row were at least so good. Of results that come together each counts once, in the order in which
//! they take the lock. A reader that needs only the level takes no lock.

mod level;

use std::borrow::Cow;
use std::cmp::Ordering::{Equal, Greater, Less};
use std::fmt;

pub(crate) use self::level::Level;
use crate::sync::{AtomicU64, Mutex, Ordering};
use crate::time::{Nanos, Now};

/// Where a tally counts how often a service began to drain.
pub(crate) const DRAINS: usize = 0;

/// The longest reason that is kept, in characters.
const MAX_WHY: usize = 200;

/// How well a thing is, and why.
///
/// A check returns what converts into a verdict: `()` is `Healthy`, and [`Degraded`] is what it says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It does its part.
    Healthy,
    /// It does its part, but worse than it should, for this reason.
    Degraded(Cow<'static, str>),
    /// It does not do its part, for this reason.
    Unhealthy(Cow<'static, str>),
}

impl Verdict {
    /// The verdict in one word: `"healthy"`, `"degraded"` or `"unhealthy"`.
    pub const fn as_str(&self) -> &'static str {
        self.level().as_str()
    }

    /// Why it is not healthy, in at most 200 characters.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Healthy => None,
            Self::Degraded(why) | Self::Unhealthy(why) => Some(why),
        }
    }

    pub(crate) const fn level(&self) -> Level {
        match self {
            Self::Healthy => Level::Healthy,
            Self::Degraded(_) => Level::Degraded,
            Self::Unhealthy(_) => Level::Unhealthy,
        }
    }

    fn of(level: Level, why: Cow<'static, str>) -> Self {
        match level {
            Level::Healthy => Self::Healthy,
            Level::Degraded => Self::Degraded(why),
            Level::Unhealthy => Self::Unhealthy(why),
        }
    }

    /// The reason, cut to the longest that is kept.
    fn into_why(self) -> Option<Cow<'static, str>> {
        let (Self::Degraded(mut why) | Self::Unhealthy(mut why)) = self else { return None };
        if let Some((end, _)) = why.char_indices().nth(MAX_WHY) {
            why.to_mut().truncate(end);
        }
        Some(why)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        self.why().map_or(Ok(()), |why| write!(f, ": {why}"))
    }
}

impl From<()> for Verdict {
    fn from((): ()) -> Self {
        Self::Healthy
    }
}

/// What a check returns where a thing does its part, but worse than it should: `Ok(Degraded("nine of ten disks"))`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Degraded<W = &'static str>(
    /// Why.
    pub W,
);

impl<W: Into<Cow<'static, str>>> From<Degraded<W>> for Verdict {
    fn from(Degraded(why): Degraded<W>) -> Self {
        Self::Degraded(why.into())
    }
}

/// How many results in a row move a verdict.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    pub(crate) healthy: u32,
    pub(crate) unhealthy: u32,
}

/// A verdict, and the results in a row that may move it.
#[derive(Debug)]
pub(crate) struct Judged {
    level: Level,
    /// The reason of the last result that had one.
    why: Cow<'static, str>,
    since: Nanos,
    /// The results in a row that were at least degraded, and that were unhealthy.
    bad: [u32; 2],
    /// The results in a row that were healthy, and that were at most degraded.
    good: [u32; 2],
    has_result: bool,
}

impl Judged {
    pub(crate) const fn new() -> Self {
        let why = Cow::Borrowed("");
        Self { level: Level::Healthy, why, since: Nanos(0), bad: [0; 2], good: [0; 2], has_result: false }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        Verdict::of(self.level, self.why.clone())
    }

    /// Counts a result. Returns the verdict before, if this changed it.
    #[must_use]
    pub(crate) fn record(&mut self, thresholds: Thresholds, result: Verdict, now: Nanos) -> Option<Verdict> {
        let level = result.level();
        let before = self.verdict();
        if let Some(why) = result.into_why() {
            self.why = why;
        }
        let next = self.next(thresholds, level);
        let has_changed = next != self.level;
        if has_changed || !self.has_result {
            self.since = now;
        }
        (self.level, self.has_result) = (next, true);
        has_changed.then_some(before)
    }

    fn next(&mut self, thresholds: Thresholds, result: Level) -> Level {
        let count = |run: u32, goes_on: bool| if goes_on { run.saturating_add(1) } else { 0 };
        self.bad = [count(self.bad[0], result > Level::Healthy), count(self.bad[1], result == Level::Unhealthy)];
        self.good = [count(self.good[0], result == Level::Healthy), count(self.good[1], result < Level::Unhealthy)];
        if !self.has_result {
            return result;
        }
        let ([degraded, unhealthy], [healthy, at_most_degraded]) = (self.bad, self.good);
        match result.cmp(&self.level) {
            Greater if unhealthy >= thresholds.unhealthy => Level::Unhealthy,
            Greater if degraded >= thresholds.unhealthy => Level::Degraded.max(self.level),
            Less if healthy >= thresholds.healthy => Level::Healthy,
            Less if at_most_degraded >= thresholds.healthy => Level::Degraded.min(self.level),
            Greater | Less | Equal => self.level,
        }
    }
}

/// The verdict on one thing, which threads share.
#[derive(Debug)]
pub(crate) struct Standing {
    thresholds: Thresholds,
    /// A verdict whose last result is older than this is stale.
    patience: Nanos,
    /// | bits | name | meaning |
    /// |---|---|---|
    /// | 2..64 | last | when the last result came, in units of 4 ns |
    /// | 0..2 | level | one more than the level; zero before the first result |
    word: AtomicU64,
    /// The word is written under this lock, so that it is that of the last result.
    judged: Mutex<Judged>,
}

/// A verdict with its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) verdict: Verdict,
    pub(crate) since: Nanos,
    /// When the last result came.
    pub(crate) last: Option<Nanos>,
}

impl Standing {
    pub(crate) fn new(thresholds: Thresholds, patience: Nanos) -> Self {
        Self { thresholds, patience, word: AtomicU64::new(0), judged: Mutex::new(Judged::new()) }
    }

    pub(crate) const fn thresholds(&self) -> Thresholds {
        self.thresholds
    }

    /// Counts a result. Returns the verdict before and the one from now on, if they differ in more than the reason.
    #[must_use]
    pub(crate) fn record(&self, result: Verdict, now: impl Now) -> Option<(Verdict, Verdict)> {
        let mut judged = self.judged.lock();
        let now = now.now();
        let before = judged.record(self.thresholds, result, now);
        self.word.store(now.0 & !3 | (judged.level as u64 + 1), Ordering::Relaxed);
        before.map(|before| (before, judged.verdict()))
    }

    /// The level, where there was a result, or is none for too long.
    pub(crate) fn level(&self, now: impl Now) -> Option<Level> {
        let word = self.word.load(Ordering::Relaxed);
        if self.is_stale(word, now.now()) {
            return Some(Level::Unhealthy);
        }
        match word & 3 {
            0 => None,
            1 => Some(Level::Healthy),
            2 => Some(Level::Degraded),
            _ => Some(Level::Unhealthy),
        }
    }

    pub(crate) fn view(&self, now: impl Now) -> View {
        let judged = self.judged.lock();
        let word = self.word.load(Ordering::Relaxed);
        let last = judged.has_result.then_some(Nanos(word & !3));
        if self.is_stale(word, now.now()) {
            let since = Nanos(word & !3).saturating_add(self.patience);
            return View { verdict: Verdict::Unhealthy("stale".into()), since, last };
        }
        View { verdict: judged.verdict(), since: judged.since, last }
    }

    fn is_stale(&self, word: u64, now: Nanos) -> bool {
        now.saturating_sub(Nanos(word & !3)) > self.patience
    }
}
