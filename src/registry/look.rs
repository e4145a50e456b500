//! Looks at the instances that a registry lists.

use std::sync::Arc; // a model's own cannot point to a trait object
use std::time::{Duration, SystemTime};

#[cfg(feature = "page")]
use super::instance::Instance;
use super::list::Registry;
use super::listed::Listed;
#[cfg(feature = "page")]
use super::metrics::{self, Metric};
use super::named::{ByName, NamedFigures};
#[cfg(feature = "page")]
use super::row::Row;
use super::story::Story;
use super::sums::Sums;
use super::timeline::Timeline;
#[cfg(any(feature = "chaos", feature = "page"))]
use crate::name::Name;
#[cfg(feature = "chaos")]
use crate::setting::Value;

/// The instances that somebody has at one moment.
pub(crate) struct Look(Vec<Arc<dyn Listed>>);

impl Look {
    pub(crate) fn figures(&self, window: Option<Duration>) -> Vec<NamedFigures> {
        let mut figures = ByName::over(window);
        self.0.iter().for_each(|instance| instance.figures(&mut figures));
        figures.figures()
    }

    pub(crate) fn gauges(&self) -> Sums {
        let mut sums = Sums::default();
        self.0.iter().for_each(|instance| instance.gauges(&mut sums));
        sums
    }

    pub(crate) fn timeline(&self, mut story: Story) -> Timeline {
        self.0.iter().for_each(|instance| instance.story(&mut story));
        story.timeline()
    }
}

/// What chaos asks beside these.
#[cfg(feature = "chaos")]
impl Look {
    /// The values of a setting, of the instances of this name that have it.
    pub(crate) fn settings(&self, name: Name, setting: &str) -> Vec<Value> {
        let settings = self.0.iter().filter(|instance| instance.row().name() == name).flat_map(|one| one.settings());
        settings.filter(|one| one.name == setting).map(|one| one.value).collect()
    }
}

/// What the page asks beside these.
#[cfg(feature = "page")]
impl Look {
    /// Each as a value, in the order in which they were listed.
    pub(crate) fn instances(&self) -> impl Iterator<Item = Instance> {
        self.0.iter().flat_map(|instance| instance.instances())
    }

    /// The metrics of these rows, of whose instances it has all.
    pub(crate) fn metrics(&self, rows: &[&'static Row]) -> Vec<Metric> {
        metrics::of(rows, &self.gauges(), |_| None)
    }

    /// Those of some names.
    pub(crate) fn named(mut self, is_asked: impl Fn(Name) -> bool) -> Self {
        self.0.retain(|instance| is_asked(instance.row().name()));
        self
    }
}

impl Registry {
    /// Looks at all that somebody has.
    pub(crate) fn look(&self) -> Look {
        Look(self.used())
    }

    /// Returns what happened between two moments, both included, in the instances that are listed.
    ///
    /// Each instance keeps the last 1,000 things that happened in it, and the limit of a key the last 32. What is gone took its
    /// history with it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use palisade::{CircuitBreakerLayer, Registry};
    ///
    /// # fn main() -> Result<(), palisade::ConfigError> {
    /// let registry = Registry::new();
    /// let circuit = CircuitBreakerLayer::builder("payments").consecutive(1).registry(&registry).build()?.handle();
    /// circuit.try_enter().expect("it is closed").failure();
    ///
    /// let now = SystemTime::now();
    /// let hour = Duration::from_secs(3600);
    /// let timeline = registry.timeline(now - hour, now + hour);
    /// assert_eq!(timeline.failures[0].reason, "consecutive");
    /// assert_eq!(timeline.happenings.len(), 1);
    /// println!("{timeline}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeline(&self, from: SystemTime, to: SystemTime) -> Timeline {
        self.look().timeline(Story::new(from, to))
    }

    /// Returns the figures of all circuits and objectives by their names: over a window that ends now, or since the build for `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::{CircuitBreakerLayer, Registry};
    ///
    /// # fn main() -> Result<(), palisade::ConfigError> {
    /// let registry = Registry::new();
    /// let circuit = CircuitBreakerLayer::builder("payments").consecutive(1).registry(&registry).build()?.handle();
    /// circuit.try_enter().expect("it is closed").success();
    /// circuit.try_enter().expect("it is closed").failure();
    ///
    /// let named = &registry.figures(None)[0];
    /// assert_eq!(named.name.as_str(), "payments");
    /// assert_eq!(named.figures.failures, 1);
    /// assert_eq!(named.figures.success_rate, Some(0.5));
    /// # Ok(())
    /// # }
    /// ```
    pub fn figures(&self, window: Option<Duration>) -> Vec<NamedFigures> {
        self.look().figures(window)
    }
}
