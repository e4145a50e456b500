//! What a registry says of the past of its instances.

use std::time::{Duration, SystemTime};

use super::list::Registry;
use super::named::{ByName, NamedFigures};
use super::story::Story;
use super::timeline::Timeline;

impl Registry {
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
        let mut story = Story::new(from, to);
        if from <= to {
            self.used().iter().for_each(|instance| instance.story(&mut story));
        }
        story.timeline()
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
        let mut figures = ByName::over(window);
        self.used().iter().for_each(|instance| instance.figures(&mut figures));
        figures.figures()
    }
}
