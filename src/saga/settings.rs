//! The settings of a saga, as they are checked and used.

use std::time::Duration;

use crate::backoff::Backoff;
use crate::error::ConfigError;
use crate::setting::Setting;
use crate::state::saga::Unknown;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) backoff: Backoff,
    pub(super) give_up_after: Duration,
    pub(super) unknown: Unknown,
    pub(super) in_place: bool,
    pub(super) capacity: usize,
    pub(super) keep_ended: usize,
    pub(super) seed: Option<u64>,
}

/// The most sagas there may be at once, and the most ends that may be kept.
const MOST: usize = 1_000_000;

impl Default for Settings {
    fn default() -> Self {
        Self {
            backoff: Backoff::exponential(Duration::from_secs(1), Duration::from_secs(60)),
            give_up_after: Duration::from_secs(24 * 60 * 60),
            unknown: Unknown::Redo,
            in_place: false,
            capacity: 10_000,
            keep_ended: 10_000,
            seed: None,
        }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let Self { backoff, capacity, keep_ended, .. } = self;
        backoff.check("backoff")?;
        ConfigError::unless((1..=MOST).contains(capacity), "capacity", capacity, "1 to 1,000,000")?;
        ConfigError::unless(*keep_ended <= MOST, "keep_ended", keep_ended, "0 to 1,000,000")
    }

    /// By the names of their setters.
    pub(super) fn listed(&self) -> Vec<Setting> {
        vec![
            Setting::new("backoff", self.backoff),
            Setting::new("give_up_after", self.give_up_after),
            Setting::new("compensate_unknown", self.unknown == Unknown::Compensate),
            Setting::new("in_place", self.in_place),
            Setting::new("capacity", self.capacity),
            Setting::new("keep_ended", self.keep_ended),
        ]
    }
}
