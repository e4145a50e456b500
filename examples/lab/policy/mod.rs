//! A policy: which layers stand around the calls, with which settings, as a file says it.
//!
//! A table for each layer, named as its builder, with the settings that the builder has. What a file does not set is as the crate
//! has it. A layer without a table is not there.

mod build;
mod layers;
pub(crate) mod settings;

use std::fs;
use std::path::Path;
use std::time::Duration;

use palisade::{ConfigError, Error};
use serde::Deserialize;
use tower::{BoxError, service_fn};

pub(crate) use self::build::{Boxed, Stack};
use self::settings::{
    Bulkhead, CircuitBreaker, Degradation, Fallback, Hedge, RateLimit, Retry, Standard, Throttle, Timeout,
};
use crate::call::{Answer, Call};
use crate::legal::unless;

/// The layers, from the outermost to the innermost.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Policy {
    /// The name of its file.
    #[serde(skip)]
    pub(crate) name: String,
    /// Fills in the parts of the standard stack that have no table.
    pub(crate) standard: Option<Standard>,
    pub(crate) fallback: Option<Fallback>,
    pub(crate) degradation: Option<Degradation>,
    pub(crate) total_timeout: Option<Timeout>,
    pub(crate) rate_limit: Option<RateLimit>,
    /// A bulkhead in which calls wait, around the retry.
    pub(crate) queue: Option<Bulkhead>,
    pub(crate) retry: Option<Retry>,
    pub(crate) hedge: Option<Hedge>,
    pub(crate) circuit_breaker: Option<CircuitBreaker>,
    pub(crate) throttle: Option<Throttle>,
    /// A bulkhead around each attempt.
    pub(crate) bulkhead: Option<Bulkhead>,
    pub(crate) attempt_timeout: Option<Timeout>,
}

impl Policy {
    /// What `palisade::standard` makes, and nothing else.
    pub(crate) fn standard() -> Self {
        let after = |seconds| Some(Timeout { after: Duration::from_secs(seconds).into() });
        Self {
            name: "standard".to_owned(),
            total_timeout: after(30),
            retry: Some(Retry::default()),
            circuit_breaker: Some(CircuitBreaker::default()),
            attempt_timeout: after(10),
            ..Self::default()
        }
    }

    /// Reads the policy in a file, and refuses what is not legal.
    pub(crate) fn read(path: &Path) -> Result<Self, BoxError> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let policy = fs::read_to_string(path).map_err(BoxError::from).and_then(|text| Self::parse(&name, &text));
        policy.map_err(|error| format!("{}: {error}", path.display()).into())
    }

    /// Reads a policy of this name.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, BoxError> {
        let policy = Self { name: name.to_owned(), ..toml::from_str(text)? }.filled();
        policy.check()?;
        let percent = policy.degradation.map_or(0, |degradation| degradation.percent);
        unless(percent <= 100, "percent", percent, "at most 100")?;
        Ok(policy)
    }

    fn filled(self) -> Self {
        let Some(Standard {}) = self.standard else { return self };
        let standard = Self::standard();
        Self {
            total_timeout: self.total_timeout.or(standard.total_timeout),
            retry: self.retry.or(standard.retry),
            circuit_breaker: self.circuit_breaker.or(standard.circuit_breaker),
            attempt_timeout: self.attempt_timeout.or(standard.attempt_timeout),
            ..self
        }
    }

    /// Whether the layers take these settings.
    fn check(&self) -> Result<(), ConfigError> {
        let nothing = service_fn(async |_: Call| Ok::<_, Error>(Answer::Good));
        self.build(0, Boxed::new(nothing)).map(drop)
    }
}
