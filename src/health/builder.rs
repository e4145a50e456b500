//! The settings of a check.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::check::HealthCheck;
use super::probe::{Check, Signal};
use super::shared::Pace;
use crate::error::ConfigError;
use crate::name::Name;
use crate::registry::Registry;
use crate::source::Kind;
use crate::state::verdict::Thresholds;

/// Builds a [`HealthCheck`].
#[derive(Clone)]
#[must_use]
pub struct HealthCheckBuilder<C> {
    name: Cow<'static, str>,
    pub(crate) check: C,
    pace: Pace,
    thresholds: Thresholds,
    registry: Registry,
}

impl HealthCheck {
    /// Makes a check with the default settings.
    ///
    /// # Errors
    ///
    /// When the name is not 1 to 64 bytes long.
    pub fn new(name: impl Into<Cow<'static, str>>, check: impl Check) -> Result<Self, ConfigError> {
        Self::builder(name, check).build()
    }

    /// Starts to build a check.
    ///
    /// Events and pages show its name, of 1 to 64 bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{io, time::Duration};
    /// use palisade::health::{Degraded, HealthCheck, Verdict};
    ///
    /// # fn disks() -> (u32, u32) { (9, 10) }
    /// # fn main() -> Result<(), palisade::ConfigError> {
    /// let disks = HealthCheck::builder("disks", async || match disks() {
    ///     (0, _) => Err(io::Error::other("no disk")),
    ///     (good, all) if good < all => Ok(Degraded(format!("{good} of {all} disks")).into()),
    ///     _ => Ok(Verdict::Healthy),
    /// });
    /// let disks = disks.interval(Duration::from_secs(60)).build()?;
    /// # drop(disks);
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder<C: Check>(name: impl Into<Cow<'static, str>>, check: C) -> HealthCheckBuilder<C> {
        HealthCheckBuilder {
            name: name.into(),
            check,
            pace: Pace { interval: Duration::from_secs(10), jitter: 0.1, timeout: Duration::from_secs(5), seed: None },
            thresholds: Thresholds { healthy: 2, unhealthy: 3 },
            registry: Registry::global(),
        }
    }

    /// Starts to build a check of a number, such as the share of memory in use.
    ///
    /// It is healthy below the lines that [`degraded_at`](HealthCheckBuilder::degraded_at) and
    /// [`unhealthy_at`](HealthCheckBuilder::unhealthy_at) set. A number that is none is a failed check.
    pub fn signal<F: FnMut() -> f64 + Send + 'static>(
        name: impl Into<Cow<'static, str>>,
        read: F,
    ) -> HealthCheckBuilder<Signal<F>> {
        Self::builder(name, Signal { read, degraded_at: f64::INFINITY, unhealthy_at: f64::INFINITY })
    }
}

impl<F> HealthCheckBuilder<Signal<F>> {
    /// Sets from which number on the thing is degraded. Defaults to no line.
    pub fn degraded_at(mut self, line: f64) -> Self {
        self.check.degraded_at = line;
        self
    }

    /// Sets from which number on the thing is unhealthy. Defaults to no line.
    pub fn unhealthy_at(mut self, line: f64) -> Self {
        self.check.unhealthy_at = line;
        self
    }
}

impl<C> HealthCheckBuilder<C> {
    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { registry: registry.clone(), ..self }
    }

    /// Sets how long after a check began the next one begins, or later, when the check before has ended.
    ///
    /// More than zero. Defaults to 10 seconds.
    #[doc(alias = "period_seconds")]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.pace.interval = interval;
        self
    }

    /// Sets by which share of it, at most, each interval is randomly longer, so that instances that started together do not
    /// check together.
    ///
    /// 0 to 1. Defaults to 0.1.
    pub fn jitter(mut self, share: f64) -> Self {
        self.pace.jitter = share;
        self
    }

    /// Sets how long a check may take. One that takes longer failed, and is dropped.
    ///
    /// The check sees it as its [`Deadline`](crate::Deadline). Zero polls once. Defaults to 5 seconds.
    #[doc(alias = "timeout_seconds")]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.pace.timeout = timeout;
        self
    }

    /// Sets how many results in a row make the verdict better.
    ///
    /// At least 1. Defaults to 2.
    #[doc(alias = "success_threshold")]
    pub fn healthy_threshold(mut self, results: u32) -> Self {
        self.thresholds.healthy = results;
        self
    }

    /// Sets how many results in a row make the verdict worse.
    ///
    /// At least 1. Defaults to 3.
    #[doc(alias = "failure_threshold")]
    pub fn unhealthy_threshold(mut self, results: u32) -> Self {
        self.thresholds.unhealthy = results;
        self
    }

    /// Seeds the jitter, so that it is the same in each run. Defaults to the system's randomness.
    pub fn seed(mut self, seed: u64) -> Self {
        self.pace.seed = Some(seed);
        self
    }

    fn legal(&self) -> Result<(), ConfigError> {
        let Self { pace: Pace { interval, jitter, .. }, thresholds: Thresholds { healthy, unhealthy }, .. } = self;
        ConfigError::unless(!interval.is_zero(), "interval", format_args!("{interval:?}"), "more than zero")?;
        ConfigError::unless((0.0..=1.0).contains(jitter), "jitter", jitter, "0 to 1")?;
        ConfigError::unless(*healthy > 0, "healthy_threshold", healthy, "at least 1")?;
        ConfigError::unless(*unhealthy > 0, "unhealthy_threshold", unhealthy, "at least 1")
    }
}

impl<C: Check> HealthCheckBuilder<C> {
    /// Makes the check. It runs where [`run`](HealthCheck::run) is polled.
    ///
    /// # Errors
    ///
    /// When a setting is not legal, as its method says.
    pub fn build(self) -> Result<HealthCheck, ConfigError> {
        let of = |error: ConfigError| error.of("health check");
        let name = Name::new(self.name.clone()).map_err(of)?;
        self.legal().map_err(|error| of(error).named(name.as_str()))?;
        let listing = self.registry.listing(Kind::HealthCheck, name);
        Ok(HealthCheck::of(&listing, Box::new(self.check), self.pace, self.thresholds))
    }
}

impl<C> fmt::Debug for HealthCheckBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, check: _, pace, thresholds, registry: _ } = self;
        let mut builder = f.debug_struct("HealthCheckBuilder");
        builder.field("name", name).field("pace", pace).field("thresholds", thresholds).finish_non_exhaustive()
    }
}
