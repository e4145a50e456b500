//! Which instance of which layer something is of.

use std::fmt;

use crate::name::Name;

/// The kinds of layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A circuit breaker.
    CircuitBreaker,
    /// A bulkhead.
    Bulkhead,
    /// A retry.
    Retry,
    /// A timeout.
    Timeout,
    /// A fallback.
    Fallback,
    /// A layer per key.
    PerKey,
    /// A layer that answers errors with responses.
    Answer,
    /// A limit of the application's own.
    Custom,
}

impl Kind {
    /// The kind as errors show it: `"circuit breaker"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CircuitBreaker => "circuit breaker",
            Self::Bulkhead => "bulkhead",
            Self::Retry => "retry",
            Self::Timeout => "timeout",
            Self::Fallback => "fallback",
            Self::PerKey => "per key",
            Self::Answer => "answer",
            Self::Custom => "custom",
        }
    }
}

/// One instance of a layer: its kind, its name and, where it is one of a layer per key that shows its keys, its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source<'a> {
    kind: Kind,
    name: Name,
    key: Option<&'a str>,
}

impl<'a> Source<'a> {
    /// The instance of this name.
    pub const fn new(kind: Kind, name: Name) -> Self {
        Self { kind, name, key: None }
    }

    /// The same of a key.
    pub(crate) const fn of_key(self, key: Option<&str>) -> Source<'_> {
        Source { kind: self.kind, name: self.name, key }
    }

    /// The key, as text, where the layer shows its keys.
    pub const fn key(&self) -> Option<&'a str> {
        self.key
    }

    /// The kind of the layer.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The name of the instance.
    pub const fn name(&self) -> Name {
        self.name
    }
}

impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind.as_str(), self.name)?;
        self.key.map_or(Ok(()), |key| write!(f, " for `{key}`"))
    }
}
