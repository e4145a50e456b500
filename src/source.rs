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
        }
    }
}

/// One instance of a layer: its kind and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    kind: Kind,
    name: Name,
}

impl Source {
    pub(crate) const fn new(kind: Kind, name: Name) -> Self {
        Self { kind, name }
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

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind.as_str(), self.name)
    }
}
