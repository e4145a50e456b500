//! Says which mode is in force, and sets it.

use std::sync::Arc;

use super::shared::Core;
use super::snapshot::DegradationSnapshot;
use crate::error::ConfigError;
use crate::name::Name;

/// Which mode is in force, and so which features are on.
///
/// Cheap to clone; all clones are one. The [module page](super) has an example.
#[derive(Clone, Debug)]
pub struct Degradation {
    pub(super) core: Arc<Core>,
}

impl Degradation {
    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.name()
    }

    /// The name of the mode in force: `"normal"` below all modes.
    ///
    /// Reads the signals first, if they were not read for 100 ms.
    pub fn mode(&self) -> &'static str {
        self.core.mode(self.core.in_force())
    }

    /// Whether the feature is on. One that was not added always is.
    ///
    /// Reads the signals first, if they were not read for 100 ms.
    pub fn allows(&self, feature: &str) -> bool {
        self.core.feature(feature).is_none_or(|(_, off_from)| self.core.in_force() < off_from)
    }

    /// Puts a mode in force by hand, until [`auto`](Self::auto). `normal` is legal.
    ///
    /// Meanwhile signals are still read and judged, so that `auto` goes to the mode that they ask for then.
    ///
    /// # Errors
    ///
    /// When there is no such mode.
    pub fn set(&self, mode: &str) -> Result<(), ConfigError> {
        let number = self.core.number(mode)?;
        self.core.set(number);
        Ok(())
    }

    /// Goes by the signals again, if a mode was [set](Self::set) by hand.
    pub fn auto(&self) {
        self.core.auto();
    }

    /// What there is to see. It reads the signals as [`mode`](Self::mode) does.
    pub fn snapshot(&self) -> DegradationSnapshot {
        self.core.view()
    }
}
