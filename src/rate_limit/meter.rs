//! What services, guards and handles share: a bucket and its clock.

use std::time::Duration;

use crate::cached_arc::cached;
use crate::call::{Instance, Key, LimitState};
use crate::error::{ConfigError, Rejection, RejectionReason};
use crate::event::{self, Action, Event};
use crate::registry::Gauges;
#[cfg(feature = "serde")]
use crate::registry::Keep;
use crate::setting::Setting;
use crate::source::Kind;
use crate::state::bucket::{ADMITTED, Bucket, SHUT, View};
use crate::state::counts::share;
use crate::state::keys::Retention;
use crate::state::rate::Rate;
use crate::time::{AsMoment, Clock, Nanos, Now};

/// A bucket, and the clock that it goes by.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(super) bucket: Bucket,
    pub(super) clock: Clock,
    /// For how long a service may shut it; zero where it is not heeded.
    pub(super) max_retry_after: Nanos,
    /// Whether callers are told what is left.
    is_told: bool,
}

/// One for each key: the page of `keyed` says what that costs.
#[cfg(not(all(loom, test)))]
const _: () = assert!(size_of::<Meter>() <= 96);

pub(super) type Core = Instance<Meter>;

cached!(Core, unless key.is_some());

impl LimitState for Meter {
    const KIND: Kind = Kind::RateLimit;

    fn fork(&self, key: &Key) -> Self {
        Self { bucket: self.bucket.fork(), clock: key.clock, ..*self }
    }

    fn retention(&self) -> Retention {
        self.bucket.retention()
    }

    fn check(action: &Action) -> Result<(), ConfigError> {
        let (rate, burst) = set_by(action);
        check(rate, burst)
    }

    fn steer(this: &Core, action: &Action) {
        let (rate, burst) = set_by(action);
        this.set(None, rate, burst);
    }

    fn settings(this: &Core) -> Vec<Setting> {
        let RateLimitSnapshot { rate, burst, .. } = this.snapshot();
        let heeds = (this.max_retry_after > Nanos(0)).then(|| Duration::from(this.max_retry_after));
        vec![
            Setting::new("rate", rate.to_string()),
            Setting::new("burst", burst),
            Setting::new("heed_throttling", heeds),
        ]
    }

    fn snapshot(this: &Core) -> Vec<Setting> {
        let RateLimitSnapshot { available, waiting, rejected, .. } = this.snapshot();
        vec![Setting::new("available", available), Setting::new("waiting", waiting), Setting::new("rejected", rejected)]
    }

    fn gauges(this: &Core, gauges: &mut Gauges) {
        let RateLimitSnapshot { available, burst, waiting, .. } = this.snapshot();
        gauges.add_total("tokens", available.into());
        gauges.add_total("waiting", waiting.into());
        gauges.add_use(burst.saturating_sub(available).into(), burst.into());
    }

    /// The share of its burst that was taken, and more where calls wait.
    fn trouble(this: &Core) -> f64 {
        let RateLimitSnapshot { available, burst, waiting, .. } = this.snapshot();
        let wanted = u64::from(burst.saturating_sub(available)) + u64::from(waiting);
        if wanted == 0 { 0.0 } else { share(wanted, burst.max(1).into()) }
    }

    #[cfg(feature = "serde")]
    fn keep(this: &Core) -> Option<&dyn Keep> {
        Some(this)
    }
}

impl Meter {
    pub(super) fn new(rate: Rate, burst: u32, max_retry_after: Nanos, is_told: bool) -> Self {
        Self { bucket: Bucket::new(rate, burst), clock: Clock::start(), max_retry_after, is_told }
    }

    /// Whether it matters how a call ends.
    #[inline(always)]
    pub(super) fn asks_for_ends(&self) -> bool {
        self.is_told || self.max_retry_after > Nanos(0)
    }
}

impl Core {
    /// Lets so many calls pass now, or rejects them.
    #[inline(always)]
    pub(super) fn enter(&self, calls: u32) -> Result<(), Rejection> {
        let now = self.clock.now();
        self.bucket.take(calls, now, now).map_err(|retry_after| self.refuse(retry_after))?;
        self.row.count(ADMITTED);
        Ok(())
    }

    #[inline(always)]
    pub(super) fn refuse(&self, retry_after: Option<Nanos>) -> Rejection {
        self.bucket.count_rejected();
        let reason = RejectionReason::RateLimited;
        let rejection = Rejection::new(self.name(), reason, retry_after);
        self.reject_at(reason as usize, if self.is_told { rejection.with_rate_told() } else { rejection })
    }

    /// Lets no call pass for so long, unless it is shut for longer; zero shuts nothing.
    pub(super) fn shut(&self, duration: Nanos) {
        if duration == Nanos(0) {
            return;
        }
        let now = self.clock.now();
        let was_shut = self.bucket.is_shut(now);
        if self.bucket.shut(now.saturating_add(duration)) {
            self.row.count(SHUT);
            // A service may ask for it with every response.
            self.tell_shut(duration, !was_shut);
        }
    }

    /// Lets calls pass again if it is shut. Returns whether it was.
    pub(super) fn open(&self) -> bool {
        let was_shut = self.bucket.open(self.clock.now());
        if was_shut {
            self.tell_shut(Nanos(0), true);
        }
        was_shut
    }

    /// Tells for how long it is shut, and keeps it if it shall.
    fn tell_shut(&self, duration: Nanos, is_kept: bool) {
        let event = Event::Shut { duration: duration.into() };
        if is_kept {
            self.told().keep(AsMoment.now(), None, self.source(), &event);
        }
        event::tell_often(|| (self.source(), event));
    }

    /// Is shut for as long as the service asks, or for as long as it may.
    #[cold]
    pub(super) fn heed(&self, retry_after: Nanos) {
        self.shut(retry_after.min(self.max_retry_after));
    }

    /// Sets what is given. `model` is that of all keys where all are set.
    pub(super) fn set(&self, model: Option<&Self>, rate: Option<Rate>, burst: Option<u32>) {
        let change = |was, had| (rate.unwrap_or(was), burst.unwrap_or(had));
        let (rate, burst) = self.bucket.set(self.clock.now(), model.map(|model| &model.bucket), change);
        self.tell_event(&Event::RateSet { rate, burst });
    }

    pub(super) fn snapshot(&self) -> RateLimitSnapshot {
        let now = self.clock.now();
        let View { rate, burst, available, next, waiting, rejected } = self.bucket.view(now);
        let next = next.map(|next| next.saturating_sub(now).into());
        RateLimitSnapshot { available, next, rate, burst, waiting, rejected }
    }
}

/// The rate and the burst that an action sets.
pub(super) const fn set_by(action: &Action) -> (Option<Rate>, Option<u32>) {
    match *action {
        Action::SetRate(rate) => (Some(rate), None),
        Action::SetBurst(burst) => (None, Some(burst)),
        _ => (None, None),
    }
}

/// Says what is not legal of what is set.
pub(super) fn check(rate: Option<Rate>, burst: Option<u32>) -> Result<(), ConfigError> {
    if let Some(rate) = rate {
        let legal = "a period above zero, with a nanosecond for each call";
        ConfigError::unless(rate.is_legal(), "rate", rate, legal)?;
    }
    ConfigError::unless(burst != Some(0), "burst", 0, "at least 1")
}

/// The state of a rate limit at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimitSnapshot {
    /// Whole calls that may pass at once; 0 while calls wait, or while the service or a block has shut the limit.
    pub available: u32,
    /// In what time there will be one more; `None` if there is no room for more, or it has no rate.
    pub next: Option<Duration>,
    /// The rate.
    pub rate: Rate,
    /// The most calls that may pass at once.
    pub burst: u32,
    /// Calls that wait for their turn.
    pub waiting: u32,
    /// Calls rejected since the layer was built.
    pub rejected: u64,
}
