//! Time as the crate sees it. No other file reads a clock.

use std::cell::OnceCell;
use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Longer than any timer is ever set, and short enough that adding it to an [`Instant`] cannot overflow.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// Nanoseconds since the layer that counts them was built, or a [`moment`]. 584 years fit; all arithmetic saturates.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Nanos(pub(crate) u64);

impl Nanos {
    pub(crate) const MAX: Self = Self(u64::MAX);

    #[expect(clippy::cast_possible_truncation, reason = "it was checked to fit")]
    pub(crate) const fn of(duration: Duration) -> Self {
        let nanos = duration.as_nanos();
        if nanos < u64::MAX as u128 { Self(nanos as u64) } else { Self::MAX }
    }

    pub(crate) const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    pub(crate) const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Debug for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Duration::from(*self).fmt(f)
    }
}

impl From<Duration> for Nanos {
    fn from(duration: Duration) -> Self {
        Self::of(duration)
    }
}

impl From<Nanos> for Duration {
    fn from(nanos: Nanos) -> Self {
        Self::from_nanos(nanos.0)
    }
}

/// The time: a number, or a clock that is read only where the time is needed.
pub(crate) trait Now: Copy {
    fn now(self) -> Nanos;
}

impl Now for Nanos {
    fn now(self) -> Nanos {
        self
    }
}

/// Counts the [`Nanos`] that have passed since it was started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { origin: now() }
    }

    pub(crate) fn now(&self) -> Nanos {
        self.at(now())
    }

    /// What this clock shows at `instant`; zero for all that was before its start.
    pub(crate) fn at(&self, instant: Instant) -> Nanos {
        instant.saturating_duration_since(self.origin).into()
    }

    /// The moment at which this clock shows `nanos`.
    pub(crate) fn instant(&self, nanos: Nanos) -> Instant {
        after(self.origin, nanos.into())
    }
}

impl Now for &Clock {
    #[inline]
    fn now(self) -> Nanos {
        Clock::now(self)
    }
}

/// What a [`Clock`] shows when it is first asked.
#[derive(Debug)]
pub(crate) struct Reading {
    clock: Clock,
    read: OnceCell<Nanos>,
}

impl Reading {
    pub(crate) const fn of(clock: Clock) -> Self {
        Self { clock, read: OnceCell::new() }
    }
}

impl Now for &Reading {
    #[inline]
    fn now(self) -> Nanos {
        *self.read.get_or_init(|| self.clock.now())
    }
}

/// A clock that is read at most once, and only where the time is needed.
#[derive(Debug, Default)]
pub(crate) struct ReadOnce(Option<Instant>);

impl ReadOnce {
    #[inline]
    pub(crate) fn now(&mut self) -> Instant {
        *self.0.get_or_insert_with(now)
    }
}

/// Moments as numbers in the same order, whatever clock they are of: also before the one that was asked for first.
pub(crate) fn moment(instant: Instant) -> Nanos {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    const HALF: Nanos = Nanos(u64::MAX / 2);
    let first = *FIRST.get_or_init(|| instant);
    match instant.checked_duration_since(first) {
        Some(after) => HALF.saturating_add(after.into()),
        None => HALF.saturating_sub((first - instant).into()),
    }
}

/// Reads the clock as a [`moment`], where that is needed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsMoment;

impl Now for AsMoment {
    fn now(self) -> Nanos {
        moment(now())
    }
}

/// Reads tokio's clock, which tests can pause.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Reads the system's clock, which no test pauses and which may jump.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub(crate) fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// The moment `duration` after `start`. A duration longer than [`FAR`] is as good as never, and counts as `FAR`.
#[inline]
pub(crate) fn after(start: Instant, duration: Duration) -> Instant {
    start + duration.min(FAR)
}
