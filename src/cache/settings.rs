//! The settings of a cache, as they are checked and used.

use std::time::Duration;

use rand::Rng;

use super::keep::Terms;
use crate::backoff::generator;
use crate::error::ConfigError;
use crate::setting::{Setting, Value};
use crate::state::cache::Grace;
use crate::time::Nanos;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) ttl: Nanos,
    pub(super) ttl_jitter: f64,
    pub(super) grace: Grace,
    /// How eagerly entries are refreshed early. Zero never does.
    pub(super) early: f64,
    pub(super) capacity: u64,
    /// Whether stale entries are refreshed in the background.
    pub(super) in_background: bool,
    pub(super) max_refreshes: usize,
    pub(super) refresh_timeout: Duration,
    pub(super) seed: Option<u64>,
}

/// The most refreshes that may be allowed at once.
const MOST: usize = 1_000_000;

impl Default for Settings {
    fn default() -> Self {
        Self {
            ttl: Nanos::of(Duration::from_secs(60)),
            ttl_jitter: 0.1,
            grace: Grace::NONE,
            early: 1.0,
            capacity: 10_000,
            in_background: false,
            max_refreshes: 100,
            refresh_timeout: Duration::from_secs(10),
            seed: None,
        }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let Self { ttl_jitter, early, capacity, max_refreshes, .. } = *self;
        ConfigError::unless((0.0..=1.0).contains(&ttl_jitter), "ttl_jitter", ttl_jitter, "0 to 1")?;
        ConfigError::unless((0.0..=1e3).contains(&early), "early", early, "0 to 1,000")?;
        ConfigError::unless(capacity >= 1, "capacity", capacity, "at least 1")?;
        ConfigError::unless((1..=MOST).contains(&max_refreshes), "max_refreshes", max_refreshes, "1 to 1,000,000")
    }

    /// How long responses are of use that do not say it. Without a background, none is stale while it is refreshed.
    pub(super) fn terms(&self) -> Terms {
        let Self { ttl, grace, .. } = *self;
        Terms {
            ttl: Some(ttl.into()),
            while_revalidate: Some(grace.while_revalidate.into()),
            if_error: Some(grace.if_error.into()),
            keep: Some(grace.keep.into()),
        }
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed.unwrap_or_else(|| generator(None).next_u64())
    }

    /// By the names of their setters.
    pub(super) fn listed(&self) -> Vec<Setting> {
        let time = |time: Nanos| Value::Time(time.into());
        let in_background = |value: Value| if self.in_background { value } else { Value::Off };
        vec![
            Setting::new("ttl", time(self.ttl)),
            Setting::new("ttl_jitter", self.ttl_jitter),
            Setting::new("stale_while_revalidate", in_background(time(self.grace.while_revalidate))),
            Setting::new("stale_if_error", time(self.grace.if_error)),
            Setting::new("keep", time(self.grace.keep)),
            Setting::new("early", self.early),
            Setting::new("capacity", self.capacity),
            Setting::new("max_refreshes", in_background(self.max_refreshes.into())),
            Setting::new("refresh_timeout", in_background(self.refresh_timeout.into())),
        ]
    }
}
