//! What is listed: the instances, each as it shows itself.

use super::instance::Instance;
use super::named::ByName;
use super::order::Order;
use super::row::Row;
#[cfg(feature = "serde")]
use super::snapshot::Keep;
use super::story::Story;
use super::sums::Sums;
use crate::error::ConfigError;
use crate::setting::Setting;
use crate::source::Source;

/// An instance that a registry lists. It is asked by who looks, under no lock of the registry.
pub(crate) trait Listed: Send + Sync {
    /// Where it counts.
    fn row(&self) -> &'static Row;

    /// Its settings now.
    fn settings(&self) -> Vec<Setting>;

    /// Its state now.
    fn snapshot(&self) -> Vec<Setting> {
        Vec::new()
    }

    /// Adds its gauges to those of its name.
    fn gauges(&self, sums: &mut Sums) {
        sums.of(self.row());
    }

    /// Adds its figures to those of its name, if it has some.
    fn figures(&self, _: &mut ByName) {}

    /// Adds what has happened in it.
    fn story(&self, _: &mut Story) {}

    /// Says whether it would take what is ordered, if that depends on the instance. Nobody is steered where one refuses.
    fn check(&self, _: &Order<'_>) -> Result<(), ConfigError> {
        Ok(())
    }

    /// Does what is ordered if it is meant. Returns how many did: it, or those that it consists of.
    fn steer(&self, _: &Order<'_>) -> Result<usize, ConfigError> {
        Ok(0)
    }

    /// Its kind, its name and its key.
    fn source(&self) -> Source<'_> {
        self.row().source
    }

    /// How badly it is off among those of other keys: the more, the worse.
    fn trouble(&self) -> f64 {
        0.0
    }

    /// What of it is kept over a restart. Defaults to nothing.
    #[cfg(feature = "serde")]
    fn keep(&self) -> Option<&dyn Keep> {
        None
    }

    /// Itself as a value, and those of its keys that are worst off.
    fn instances(&self) -> Vec<Instance> {
        vec![Instance::of(self.source(), self.settings(), self.snapshot())]
    }
}

/// A handle of an instance. A layer per key keeps one for each key.
pub(crate) trait Shown {
    /// The instance, as a registry asks it.
    fn listed(&self) -> &dyn Listed;

    /// Does what is ordered to the limits of all keys. `model` is the one that keys to come get a copy of. Defaults to each.
    fn steer_all(_model: &Self, keys: &[Self], order: &Order<'_>) -> Result<usize, ConfigError>
    where
        Self: Sized,
    {
        keys.iter().map(|key| key.listed().steer(order)).sum()
    }

    /// Whether the limit that keys to come get a copy of has a story of its own. Defaults to none.
    fn has_model_story() -> bool
    where
        Self: Sized,
    {
        false
    }
}
