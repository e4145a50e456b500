//! The instance of a layer that errors and events come from.

use std::fmt;

use crate::name::Name;

/// The table of kinds: the text that errors show, and the target of events.
macro_rules! kinds {
    ($row:ident) => {
        $row! {
            CircuitBreaker: "circuit breaker", "palisade::circuit_breaker";
            Bulkhead: "bulkhead", "palisade::bulkhead";
            RateLimit: "rate limit", "palisade::rate_limit";
            Retry: "retry", "palisade::retry";
            Hedge: "hedge", "palisade::hedge";
            Timeout: "timeout", "palisade::timeout";
            Fallback: "fallback", "palisade::fallback";
            Cache: "cache", "palisade::cache";
            DeadLetter: "dead letter", "palisade::dead_letter";
            Measure: "measure", "palisade::measure";
            Criticality: "criticality", "palisade::criticality";
            PerKey: "per key", "palisade::per_key";
            Answer: "answer", "palisade::answer";
            Health: "health", "palisade::health";
            HealthCheck: "health check", "palisade::health";
            Heartbeats: "heartbeats", "palisade::heartbeats";
            Replicas: "replicas", "palisade::replicas";
            Objective: "objective", "palisade::objective";
            Coalesce: "coalesce", "palisade::coalesce";
            Registry: "registry", "palisade::registry";
            Saga: "saga", "palisade::saga";
            Chaos: "chaos", "palisade::chaos";
            Experiment: "experiment", "palisade::chaos";
            Throttle: "throttle", "palisade::throttle";
            Degradation: "degradation", "palisade::degradation";
            Feature: "feature", "palisade::degradation";
            Custom: "custom", "palisade::custom";
        }
    };
}

pub(crate) use kinds;

macro_rules! define {
    ($($kind:ident: $text:literal, $target:literal;)+) => {
        /// The kinds of layers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            $(
                #[doc = concat!("Its events have the target `", $target, "`.")]
                $kind,
            )+
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// The kind as errors show it: `"circuit breaker"`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $text,)+
                }
            }
        }
    };
}

kinds!(define);

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
