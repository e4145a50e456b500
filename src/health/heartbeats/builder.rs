//! The settings of heartbeats.

use std::sync::Arc;
use std::time::Duration;

use super::Heartbeats;
use super::shared::Core;
use crate::error::ConfigError;
use crate::name::Name;
use crate::registry::Registry;
use crate::source::Kind;
use crate::state::phi::{MAX_SAMPLES, Nodes, Rules};
use crate::time::Nanos;

/// Builds [`Heartbeats`].
#[derive(Clone, Debug)]
#[must_use]
pub struct HeartbeatsBuilder {
    name: Name,
    rules: Rules,
    capacity: usize,
    forget_after: Duration,
    registry: Registry,
}

impl Heartbeats {
    /// Starts to build heartbeats.
    pub fn builder() -> HeartbeatsBuilder {
        HeartbeatsBuilder {
            name: Name::of("heartbeats"),
            rules: Rules {
                threshold: 8.0,
                samples: 1_000,
                min_std_deviation: Duration::from_millis(100).into(),
                acceptable_pause: Duration::from_secs(3).into(),
                first_estimate: Duration::from_secs(1).into(),
            },
            capacity: 1_000,
            forget_after: Duration::from_secs(60 * 60),
            registry: Registry::global(),
        }
    }
}

impl HeartbeatsBuilder {
    /// Sets what events and the registry call them. Defaults to `heartbeats`.
    pub fn name(self, name: Name) -> Self {
        Self { name, ..self }
    }

    /// Sets the registry that lists them. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { registry: registry.clone(), ..self }
    }

    /// Sets at which phi a node is suspected.
    ///
    /// More than zero. A higher one suspects later, and wrongly less often. Defaults to 8.
    pub fn threshold(mut self, phi: f64) -> Self {
        self.rules.threshold = phi;
        self
    }

    /// Sets how many intervals of each node are remembered, of 8 bytes each.
    ///
    /// 1 to 10,000. Defaults to 1,000.
    #[doc(alias = "max_sample_size")]
    pub fn samples(mut self, intervals: usize) -> Self {
        self.rules.samples = intervals;
        self
    }

    /// Sets the least deviation of intervals that is reckoned with, so that a node which is steady is not suspected at once.
    ///
    /// More than zero. Defaults to 100 milliseconds.
    pub fn min_std_deviation(mut self, deviation: Duration) -> Self {
        self.rules.min_std_deviation = deviation.into();
        self
    }

    /// Sets how long a node may be silent on top of its mean interval, for beats that are lost and processes that pause.
    ///
    /// Defaults to 3 seconds.
    #[doc(alias = "acceptable_heartbeat_pause")]
    pub fn acceptable_pause(mut self, pause: Duration) -> Self {
        self.rules.acceptable_pause = pause.into();
        self
    }

    /// Sets the interval at which nodes beat, as it is taken to be before it is known.
    ///
    /// More than zero. Defaults to 1 second, the interval of a `Beater`.
    #[doc(alias = "first_heartbeat_estimate")]
    pub fn first_estimate(mut self, interval: Duration) -> Self {
        self.rules.first_estimate = interval.into();
        self
    }

    /// Sets the most nodes that are kept.
    ///
    /// When they are all there, a new node takes the place of the one that is silent longest if that one is suspected; otherwise
    /// its beats do not count. Defaults to 1,000.
    pub fn capacity(self, nodes: usize) -> Self {
        Self { capacity: nodes, ..self }
    }

    /// Sets after which silence a node is forgotten.
    ///
    /// More than zero. Defaults to 1 hour.
    pub fn forget_after(self, silence: Duration) -> Self {
        Self { forget_after: silence, ..self }
    }

    fn legal(&self) -> Result<(), ConfigError> {
        let Rules { threshold, samples, min_std_deviation, first_estimate, .. } = self.rules;
        let positive = |setting, value: Nanos| {
            ConfigError::unless(value > Nanos(0), setting, format_args!("{value:?}"), "more than zero")
        };
        let is_legal = threshold > 0.0 && threshold.is_finite();
        ConfigError::unless(is_legal, "threshold", threshold, "more than zero, and finite")?;
        ConfigError::unless((1..=MAX_SAMPLES).contains(&samples), "samples", samples, "1 to 10000")?;
        positive("min_std_deviation", min_std_deviation)?;
        positive("first_estimate", first_estimate)?;
        positive("forget_after", self.forget_after.into())
    }

    /// Makes the heartbeats.
    ///
    /// # Errors
    ///
    /// When a setting is not legal, as its method says.
    pub fn build(self) -> Result<Heartbeats, ConfigError> {
        self.legal().map_err(|error| error.of("heartbeats").named(self.name.as_str()))?;
        let Self { name, rules, capacity, forget_after, registry } = self;
        let listing = registry.listing(Kind::Heartbeats, name);
        let core = Arc::new(Core::new(listing.row, Nodes::new(rules, capacity, forget_after.into())));
        listing.list(Arc::downgrade(&core));
        Ok(Heartbeats { core })
    }
}
