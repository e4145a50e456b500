//! Steers what is listed, by somebody who has no handle of it.

use std::fmt;

use super::list::Registry;
use crate::error::ConfigError;
use crate::event::Action;
use crate::source::Kind;

/// Which instances are to be steered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target<'a> {
    kind: Kind,
    name: &'a str,
    key: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// All instances of this kind and name. For a layer per key these are the limits of all its keys.
    pub const fn new(kind: Kind, name: &'a str) -> Self {
        Self { kind, name, key: None }
    }

    /// Only those of this key, where a layer shows its keys; of replicas the one of this name.
    #[must_use]
    pub const fn key(self, key: &'a str) -> Self {
        Self { key: Some(key), ..self }
    }
}

/// `circuit breaker "payments" of "key"`
impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.kind.as_str(), self.name)?;
        self.key.map_or(Ok(()), |key| write!(f, " of {key:?}"))
    }
}

/// Why nothing was steered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SteerError {
    /// Nothing of this kind, name and key is listed.
    #[error("{target} is not listed, but {there}")]
    NotListed {
        /// What was to be steered.
        target: String,
        /// What there is of this kind, as text.
        there: String,
    },
    /// The kind does not take the action.
    #[error("{} does not take {action}, but {legal}", kind.as_str())]
    NotTaken {
        /// The kind.
        kind: Kind,
        /// The word of the action.
        action: &'static str,
        /// What it takes, as text.
        legal: String,
    },
    /// The value of the action is not legal.
    #[error(transparent)]
    Refused(#[from] ConfigError),
}

impl Registry {
    /// Does this to all instances that the target names, as `by`, and returns how many there were.
    ///
    /// # Errors
    ///
    /// When there are none, or they do not take the action or its value. Then none was changed.
    pub fn steer(&self, target: &Target<'_>, _action: &Action, _by: &str) -> Result<usize, SteerError> {
        Err(SteerError::NotListed { target: target.to_string(), there: "nothing can be steered yet".to_owned() })
    }
}
