//! The settings of a throttle.

use std::borrow::Cow;
use std::time::Duration;

use rand::Rng;

use super::admit::Throttling;
use super::shared::{Clocked, Core};
use crate::backoff::generator;
use crate::call::{Admission, AdmissionLayer, AtOnce, Builder, Plain, Settings};
use crate::error::ConfigError;
use crate::registry::Listing;
use crate::source::Kind;
use crate::state::throttle;
use crate::state::window::TimeWindow;

/// Wraps services in a throttle.
///
/// Services made by one layer, and their clones, share what they count.
pub type ThrottleLayer<E = Plain> = AdmissionLayer<Throttling, E>;

/// Rejects calls that an overloaded service would not take. Made by a [`ThrottleLayer`].
pub type Throttle<S, E = Plain> = Admission<S, Throttling, E>;

/// Builds a [`ThrottleLayer`].
pub type ThrottleBuilder<E = Plain> = Builder<ThrottleSettings, E>;

impl ThrottleLayer {
    /// Starts to build a throttle with a name of 1 to 64 bytes, which errors and events show.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> ThrottleBuilder {
        Builder::new(name.into(), ThrottleSettings::default())
    }
}

/// The settings of a throttle.
#[derive(Clone, Copy, Debug)]
pub struct ThrottleSettings {
    k: f64,
    max_rejection: f64,
    span: Duration,
    buckets: u32,
    seed: Option<u64>,
}

impl Default for ThrottleSettings {
    fn default() -> Self {
        Self { k: 2.0, max_rejection: 0.95, span: Duration::from_secs(120), buckets: 12, seed: None }
    }
}

impl<E> ThrottleBuilder<E> {
    /// Sends the service about this many calls for each one that it takes.
    ///
    /// Finite, and at least 1. With 2, an overloaded service refuses one call for each one that it serves, and learns soon when it
    /// may take more. Lower it, for example to 1.1, where a refused call costs the service nearly as much as a served one; raise it where
    /// that costs little, so that calls are rejected later. Defaults to 2.
    #[doc(alias = "multiplier")]
    pub fn k(self, k: f64) -> Self {
        self.set(|settings| settings.k = k)
    }

    /// Rejects a call with at most this probability, so that some still reach a service that fails all of them.
    ///
    /// In (0, 1). The rest are the probes that find a service well again: raise it where there are many calls, and lower it where there are
    /// few. Defaults to 0.95.
    pub fn max_rejection(self, probability: f64) -> Self {
        self.set(|settings| settings.max_rejection = probability)
    }

    /// Counts the calls of the last `span`, in `buckets` equal parts that expire one by one.
    ///
    /// 1 to 1,000 buckets of at least a millisecond. Shorten it to react faster and to forget faster. Defaults to 2 minutes in 12
    /// buckets.
    pub fn time_window(self, span: Duration, buckets: u32) -> Self {
        self.set(|settings| (settings.span, settings.buckets) = (span, buckets))
    }

    /// Seeds the draws that decide who is rejected, for runs that repeat. Defaults to the system's randomness.
    pub fn seed(self, seed: u64) -> Self {
        self.set(|settings| settings.seed = Some(seed))
    }
}

impl Settings for ThrottleSettings {
    const KIND: Kind = Kind::Throttle;

    type Limit = Throttling;
    type Entry = AtOnce;

    fn check(&self) -> Result<(), ConfigError> {
        let Self { k, max_rejection, span, buckets, .. } = *self;
        ConfigError::unless(k.is_finite() && k >= 1.0, "k", k, "finite, and at least 1")?;
        let leaves_probes = max_rejection > 0.0 && max_rejection < 1.0;
        ConfigError::unless(leaves_probes, "max_rejection", max_rejection, "in (0, 1)")?;
        TimeWindow::check(span, buckets)
    }

    fn limit(self, listing: Listing) -> Throttling {
        let Self { k, max_rejection, span, buckets, seed } = self;
        let seed = seed.unwrap_or_else(|| generator(None).next_u64());
        let throttle = throttle::Throttle::new(throttle::Rules { k, max_rejection }, span.into(), buckets, seed);
        Throttling { core: Core::new(Clocked::new(throttle), &listing) }
    }
}
