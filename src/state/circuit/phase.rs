//! The phases of a circuit, and the diagram of its transitions.

use std::fmt;

/// The phase of a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Phase {
    /// Calls pass and are counted.
    Closed,
    /// Calls pass and are counted, and each time the circuit would have opened an event tells it, until it is set otherwise
    /// by hand.
    MetricsOnly,
    /// Calls pass and are not counted until it is set otherwise by hand.
    ForcedClosed,
    /// Calls are rejected until the open time is over.
    Open,
    /// Calls are rejected until it is set otherwise by hand.
    ForcedOpen,
    /// A few calls pass, to find out whether the service has recovered.
    HalfOpen,
}

/// Why a circuit changed its phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The failure rate reached its threshold.
    FailureRate,
    /// The rate of throttled calls reached its threshold.
    ThrottledRate,
    /// The rate of slow calls reached its threshold.
    SlowRate,
    /// Failures in a row reached their threshold.
    Consecutive,
    /// The open time was over.
    OpenTimeOver,
    /// The probes succeeded.
    Recovered,
    /// The callers of the probes left, and none had a result.
    Abandoned,
    /// It was set by hand.
    ByHand,
    /// It goes on from a snapshot.
    Restored,
}

impl Phase {
    pub(crate) const ALL: [Self; 6] =
        [Self::Closed, Self::Open, Self::HalfOpen, Self::ForcedOpen, Self::ForcedClosed, Self::MetricsOnly];

    /// The diagram. What was set by hand is left by hand only; a circuit that only measures starts anew.
    pub(crate) const fn after(self, reason: Reason) -> Self {
        match (self, reason) {
            (Self::Closed, reason) if reason.is_rule() => Self::Open,
            (Self::Open, Reason::OpenTimeOver) => Self::HalfOpen,
            (Self::HalfOpen, Reason::Abandoned) => Self::Open,
            (Self::HalfOpen, Reason::Recovered) => Self::Closed,
            (Self::HalfOpen, reason) if reason.is_rule() => Self::Open,
            (stays, _) => stays,
        }
    }

    /// The phase as the `from` and `to` fields of events have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::ForcedOpen => "forced_open",
            Self::ForcedClosed => "forced_closed",
            Self::MetricsOnly => "metrics_only",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Reason {
    pub(crate) const ALL: [Self; 9] = [
        Self::FailureRate,
        Self::ThrottledRate,
        Self::SlowRate,
        Self::Consecutive,
        Self::OpenTimeOver,
        Self::Recovered,
        Self::Abandoned,
        Self::ByHand,
        Self::Restored,
    ];

    /// Whether it is a rule that results have reached.
    pub(super) const fn is_rule(self) -> bool {
        matches!(self, Self::FailureRate | Self::ThrottledRate | Self::SlowRate | Self::Consecutive)
    }

    /// The reason as the `reason` field of events has it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::FailureRate => "failure_rate",
            Self::ThrottledRate => "throttled_rate",
            Self::SlowRate => "slow_rate",
            Self::Consecutive => "consecutive",
            Self::OpenTimeOver => "open_time_over",
            Self::Recovered => "recovered",
            Self::Abandoned => "abandoned",
            Self::ByHand => "by_hand",
            Self::Restored => "restored",
        }
    }
}
