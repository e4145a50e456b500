//! What somebody who has no handle asks of instances.

use std::fmt;

use crate::error::ConfigError;
use crate::event::{Action, Event, cut};
use crate::source::{Kind, Source};

/// Which instances [`Registry::steer`](super::Registry::steer) steers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target<'a> {
    kind: Kind,
    name: &'a str,
    key: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// All instances of this kind and name. Of a layer per key these are the limits of all its keys: its kind is theirs.
    pub const fn new(kind: Kind, name: &'a str) -> Self {
        Self { kind, name, key: None }
    }

    /// Only those of this key, where a layer shows its keys; of replicas the one of this name.
    #[must_use]
    pub const fn key(self, key: &'a str) -> Self {
        Self { key: Some(key), ..self }
    }

    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) const fn name(&self) -> &'a str {
        self.name
    }

    pub(super) const fn has_key(&self) -> bool {
        self.key.is_some()
    }
}

/// `circuit breaker "payments" of "key"`, with at most 200 characters of each text.
impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.kind.as_str(), cut(self.name))?;
        self.key.map_or(Ok(()), |key| write!(f, " of {:?}", cut(key)))
    }
}

/// Why nothing was steered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SteerError {
    /// Nothing of this kind, name and key is listed.
    #[error("{target} is not listed; listed are {there}")]
    #[non_exhaustive]
    NotListed {
        /// What was to be steered.
        target: String,
        /// What there is of this kind, as text.
        there: String,
    },
    /// Only one of several can be steered, and the [key](Target::key) says which.
    #[error("{target} needs a key; there are {there}")]
    #[non_exhaustive]
    NeedsKey {
        /// What was to be steered.
        target: String,
        /// The keys that there are, as text.
        there: String,
    },
    /// The kind does not take the action.
    #[error("{} takes {legal}, but not {action}", kind.as_str())]
    #[non_exhaustive]
    NotTaken {
        /// The kind.
        kind: Kind,
        /// The word of the action.
        action: &'static str,
        /// The words of the actions that it takes, as text.
        legal: String,
    },
    /// The value of the action is not legal.
    #[error(transparent)]
    Refused(#[from] ConfigError),
}

/// What is asked, of whom, and by whom.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    target: &'a Target<'a>,
    pub(crate) action: &'a Action,
    by: &'a str,
}

impl<'a> Order<'a> {
    pub(super) fn new(target: &'a Target<'a>, action: &'a Action, by: &'a str) -> Self {
        Self { target, action, by: cut(by) }
    }

    /// Whether this instance is meant.
    pub(crate) fn is_for(&self, source: Source<'_>) -> bool {
        let Target { kind, name, key } = *self.target;
        source.kind() == kind && source.name().as_str() == name && key.is_none_or(|key| source.key() == Some(key))
    }

    pub(crate) const fn key(&self) -> Option<&'a str> {
        self.target.key
    }

    pub(crate) const fn event(&self) -> Event<'a> {
        Event::Steered { by: self.by, action: self.action }
    }
}
