//! The settings of an objective.

use std::borrow::Cow;
use std::time::Duration;

use parking_lot::Mutex;

use super::handle::Objective;
use super::shared::{Core, Feed, Reasons};
use crate::cached_arc::CachedArc;
use crate::error::{ConfigError, RejectionReason};
use crate::event::Told;
use crate::name::Name;
use crate::registry::Registry;
use crate::source::Kind;
use crate::state::objective::{ALERTS, Calls, Indicator, Ledger, Rules, STEP, STEPS_PER_BUCKET, STEPS_PER_DAY, Target};
use crate::sync::{Arc, OnceLock, weak};
use crate::time::{AsMoment, Clock, Nanos, Now};

/// The least and the most days of a period.
const DAYS: [u64; 2] = [3, 366];

/// Where an alert leads that is given no other place.
const RUNBOOK: &str = "https://docs.rs/palisade/latest/palisade/objective/index.html#when-an-alert-fires";

/// Builds an [`Objective`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ObjectiveBuilder {
    name: Cow<'static, str>,
    /// By indicator.
    targets: [Option<f64>; Indicator::ALL.len()],
    limit: Duration,
    period: Duration,
    recovery: Option<Duration>,
    min_bad: u64,
    not_asked: Reasons,
    runbook_url: Cow<'static, str>,
    registry: Registry,
}

impl Objective {
    /// Starts to build an objective with a name of 1 to 64 bytes, which events and metrics show.
    ///
    /// It needs a target: [`availability`](ObjectiveBuilder::availability), [`latency`](ObjectiveBuilder::latency), or both.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> ObjectiveBuilder {
        ObjectiveBuilder {
            name: name.into(),
            targets: [None; 2],
            limit: Duration::MAX,
            period: Duration::from_secs(30 * 24 * 60 * 60),
            recovery: None,
            min_bad: 5,
            not_asked: Reasons::default(),
            runbook_url: RUNBOOK.into(),
            registry: Registry::global(),
        }
    }
}

impl ObjectiveBuilder {
    /// Sets the share of calls that shall succeed.
    ///
    /// Between 0 and 1, to the nearest billionth. Set what your callers need, and no more: 0.999 allows 43 minutes of outage in 30 days,
    /// 0.9999 allows 4. Each alert must be able to fire: over 30 days that takes at least 0.930555556, and over 7 days 0.702380953.
    /// Defaults to not asking whether calls succeed.
    pub fn availability(mut self, target: f64) -> Self {
        self.targets[Indicator::Availability as usize] = Some(target);
        self
    }

    /// Sets the share of successful calls that shall take at most `limit`.
    ///
    /// The target is as that of [`availability`](Self::availability). The limit is more than zero. Take the time from which your
    /// callers complain. Defaults to not asking how long calls take.
    pub fn latency(mut self, target: f64, limit: Duration) -> Self {
        self.targets[Indicator::Latency as usize] = Some(target);
        Self { limit, ..self }
    }

    /// Sets the period over which the targets hold, in days. See [`over`](Self::over).
    pub fn over_days(self, days: u32) -> Self {
        self.over(Duration::from_secs(u64::from(days) * 24 * 60 * 60))
    }

    /// Sets the period over which the targets hold: the time up to now, at each moment.
    ///
    /// 3 to 366 days, lengthened to whole 5 minutes. Each day takes 7 KiB of memory. Make it shorter to have a bad day forgotten sooner.
    /// Defaults to 30 days.
    pub fn over(self, period: Duration) -> Self {
        Self { period, ..self }
    }

    /// Sets the longest time for which it may fail, for [`is_met`](Objective::is_met).
    ///
    /// It fails while an alert of [`Severity::Page`](super::Severity::Page) fires. As no failure of the period may take longer, their mean,
    /// the time to recover, does not either. Defaults to none.
    #[doc(alias = "mttr")]
    pub fn recovery(self, longest: Duration) -> Self {
        Self { recovery: Some(longest), ..self }
    }

    /// Sets how many calls must be bad in the long window of an alert before it fires.
    ///
    /// Raise it where few calls come, so that few bad ones of them wake nobody. With 0 or 1, one bad call may. Defaults to 5.
    pub fn min_bad(self, calls: u64) -> Self {
        Self { min_bad: calls, ..self }
    }

    /// Does not ask calls that a layer rejected for these reasons.
    ///
    /// Set it where a rejection is the caller's own fault, such as [`RateLimited`](RejectionReason::RateLimited). It adds to reasons that were
    /// set before. Defaults to asking all calls that were rejected, and a rejected call is bad.
    pub fn not_asked(mut self, reasons: impl IntoIterator<Item = RejectionReason>) -> Self {
        self.not_asked = reasons.into_iter().fold(self.not_asked, Reasons::with);
        self
    }

    /// Sets where the [alerts](crate::event::Event::Alert) say what to do.
    ///
    /// Defaults to [the page of this module](super#when-an-alert-fires).
    pub fn runbook_url(self, url: impl Into<Cow<'static, str>>) -> Self {
        Self { runbook_url: url.into(), ..self }
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { registry: registry.clone(), ..self }
    }

    /// Makes the objective, which has not seen a call.
    ///
    /// # Errors
    ///
    /// When a setting is not legal, as its method says, or no target is set.
    pub fn build(self) -> Result<Objective, ConfigError> {
        let name = Name::new(self.name.clone()).map_err(|error| error.of("objective"))?;
        let rules = self.rules().map_err(|error| error.named(name.as_str()).of("objective"))?;
        let Self { limit, recovery, not_asked, runbook_url, registry, .. } = self;
        let listing = registry.listing(Kind::Objective, name);
        let told = Told::since(AsMoment.now(), false);
        let feed = Arc::new(Feed {
            row: listing.row(),
            calls: Calls::new(),
            clock: Clock::start(),
            limit: limit.into(),
            not_asked,
            core: OnceLock::new(),
        });
        let ledger = Mutex::new(Ledger::new(rules));
        let core = CachedArc::new(Core { feed, told, ledger, rules, recovery, runbook_url });
        core.feed.core.get_or_init(|| weak(core.shared()));
        listing.list(weak(core.shared()));
        Ok(Objective { core })
    }

    fn rules(&self) -> Result<Rules, ConfigError> {
        let period = period(self.period)?;
        let [availability, latency] = self.targets;
        let is_asking = availability.or(latency).is_some();
        ConfigError::unless(is_asking, "availability", "unset", "set, unless `latency` is")?;
        ConfigError::unless(!self.limit.is_zero(), "limit", "0ns", "more than zero")?;
        let target = |setting, target: Option<f64>| target.map(|target| legal(setting, target, period)).transpose();
        let targets = [target("availability", availability)?, target("latency", latency)?];
        Ok(Rules { targets, period, min_bad: self.min_bad })
    }
}

/// The steps of a period.
fn period(period: Duration) -> Result<u64, ConfigError> {
    let steps = Nanos::from(period).0.div_ceil(STEP.0 * STEPS_PER_BUCKET) * STEPS_PER_BUCKET;
    let [least, most] = DAYS.map(|days| days * STEPS_PER_DAY);
    let is_legal = (least..=most).contains(&steps);
    ConfigError::unless(is_legal, "over", format_args!("{period:?}"), "3 to 366 days")?;
    Ok(steps)
}

/// A target that each alert can miss.
fn legal(setting: &'static str, target: f64, period: u64) -> Result<Target, ConfigError> {
    let Some(legal) = Target::new(target) else {
        return Err(ConfigError::new(setting, target, "between 0 and 1, to the nearest billionth"));
    };
    let least = ALERTS.iter().map(|alert| alert.least_target(period).share()).fold(0.0, f64::max);
    if legal.share() < least {
        let legal = format!("at least {least}, so that each alert can fire over this period");
        return Err(ConfigError::new(setting, target, legal));
    }
    Ok(legal)
}
