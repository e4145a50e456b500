//! Starts and stops the faults of a layer, and looks at them.

use std::ops::Range;
use std::sync::Arc; // no model checks it

use tokio::time::Instant;

use super::shared::Core;
use super::snapshot::ChaosSnapshot;
use crate::error::ConfigError;
use crate::name::Name;
use crate::state::chaos::FaultRate;
use crate::state::chaos::counted::Halted;
use crate::time;

/// Starts and stops the faults of a [`ChaosLayer`](super::ChaosLayer), from anywhere.
///
/// Handles are cheap to clone, and never wait for a call. Faults that go on when the last handle is dropped go on until they expire.
#[derive(Clone, Debug)]
pub struct ChaosHandle {
    pub(super) core: Arc<Core>,
}

impl ChaosHandle {
    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.row.name()
    }

    /// Starts the faults, or starts them anew. They end by themselves: see [`expires`](super::ChaosBuilder::expires).
    ///
    /// The first call from now on draws as the first call after any other start does.
    pub fn start(&self) {
        self.core.start_now(FaultRate::from(1.0));
    }

    /// Starts the faults with this factor on all their rates, from 0 to 1, most often a [ramp](FaultRate::ramp).
    ///
    /// # Errors
    ///
    /// When a factor is not from 0 to 1.
    pub fn start_at(&self, factor: impl Into<FaultRate>) -> Result<(), ConfigError> {
        let factor = factor.into();
        factor.check("start_at").map_err(|error| self.of(error))?;
        self.core.start_now(factor);
        Ok(())
    }

    /// Starts the faults at one moment, to end at another. They take the place of a run that goes on.
    ///
    /// # Errors
    ///
    /// When the time is over, ends before it begins, or is longer than the faults may [last](super::ChaosBuilder::expires).
    pub fn during(&self, time: Range<Instant>) -> Result<(), ConfigError> {
        let (now, expires) = (time::now(), self.core.expires);
        let is_to_come = time.end > now && time.end > time.start;
        let is_short = time.end.saturating_duration_since(time.start) <= expires;
        let from_now = |moment: Instant| match moment.checked_duration_since(now) {
            Some(left) => format!("in {left:?}"),
            None => format!("{:?} ago", now - moment),
        };
        let value = format!("{} to {}", from_now(time.start), from_now(time.end));
        let legal = format!("a time to come that ends after it begins, of at most {expires:?}");
        if !(is_to_come && is_short) {
            return Err(self.of(ConfigError::new("during", value, legal)));
        }
        self.core.start(time, FaultRate::from(1.0));
        Ok(())
    }

    /// Keeps the faults to these of the replicas that the layer was [told of](super::ChaosLayer::replica), in place of those before.
    ///
    /// # Errors
    ///
    /// When one is not there, or when they are all that are there: at least one is left untouched.
    pub fn only_replicas(&self, names: impl IntoIterator<Item = impl Into<String>>) -> Result<(), ConfigError> {
        let names: Vec<_> = names.into_iter().map(Into::into).collect();
        let mut replicas = self.core.replicas.lock();
        let (value, there) = (names.join(", "), replicas.there().collect::<Vec<_>>().join(", "));
        if replicas.choose(names) {
            return Ok(());
        }
        let legal = format!("some of those that are there, but not all: {there}");
        Err(self.of(ConfigError::new("only_replicas", format!("`{value}`"), legal)))
    }

    /// Stops the faults. Calls that were delayed go on at once, and calls that hang fail. What is stopped stays so until it is started.
    pub fn halt(&self) {
        self.core.halt(Halted::ByHand);
    }

    /// The faults now.
    pub fn snapshot(&self) -> ChaosSnapshot {
        self.core.seen()
    }

    fn of(&self, error: ConfigError) -> ConfigError {
        error.named(self.name().as_str()).of(self.core.row.kind().as_str())
    }
}
