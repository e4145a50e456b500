//! What of an instance goes over a restart.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::WhyLeftOut;
use crate::time::Nanos;

/// An instance that has something to keep.
pub(crate) trait Keep {
    /// What it is to go on from.
    fn save(&self) -> Value;

    /// Goes on from what was saved, if it has not counted anything yet.
    fn restore(&self, saved: &Restoring<'_>) -> Result<(), WhyLeftOut>;
}

/// What an instance goes on from.
#[derive(Debug)]
pub(crate) struct Restoring<'a> {
    pub(super) state: &'a Value,
    /// How long ago it was saved.
    pub(crate) age: Nanos,
    /// Whether phases are restored that were set by hand.
    pub(crate) forced: bool,
}

impl Restoring<'_> {
    /// What was saved, if it can be.
    pub(crate) fn read<T: DeserializeOwned>(&self, is_sound: impl FnOnce(&T) -> bool) -> Result<T, WhyLeftOut> {
        T::deserialize(self.state).ok().filter(is_sound).ok_or(WhyLeftOut::Damaged)
    }
}

/// The value that says what is saved. Plain numbers and words always have one.
pub(crate) fn kept(saved: &impl Serialize) -> Value {
    serde_json::to_value(saved).unwrap_or_default()
}
