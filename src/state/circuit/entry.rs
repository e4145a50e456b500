//! What goes into a circuit's decisions and what comes out of them.

use crate::error::RejectionReason;
use crate::outcome::Outcome;
use crate::state::circuit::{Phase, Reason};
use crate::state::counts::Counts;
use crate::time::Nanos;

/// The right to end a call that was let through. It is used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(super) generation: u64,
    /// When the call was let through. Zero where slow calls are not counted, unless the call is a probe.
    pub(super) started: Nanos,
}

/// How a call ended that was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It had a result, which means this.
    Settled(Outcome),
    /// A limit of ours cut it short.
    TimedOut,
    /// The service panicked.
    Panicked,
    /// It was dropped, which says nothing about the service.
    Abandoned,
}

/// A change by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Steer {
    /// The circuit goes into this phase.
    Force(Phase),
    /// The circuit closes with an empty window, from any phase. Every call in flight becomes late.
    Reset,
}

/// Why a call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) reason: RejectionReason,
    /// What is left of the open time, if the circuit is open.
    left: Nanos,
}

impl Refusal {
    pub(crate) const PROBES_TAKEN: Self = Self { reason: RejectionReason::ProbesTaken, left: Nanos(0) };
    pub(crate) const FORCED: Self = Self { reason: RejectionReason::ForcedOpen, left: Nanos(0) };
    /// The circuit let the call through, but the inner service is not ready.
    pub(crate) const NOT_READY: Self = Self { reason: RejectionReason::NotReady, left: Nanos(0) };

    pub(crate) const fn open(left: Nanos) -> Self {
        Self { reason: RejectionReason::CircuitOpen, left }
    }

    /// How long to wait before the next try, where that is known.
    pub(crate) fn retry_after(self) -> Option<Nanos> {
        (self.reason == RejectionReason::CircuitOpen).then_some(self.left)
    }
}

/// A change of phase, or what would have been one in a circuit that only measures.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "nobody hears of a transition that is dropped"]
pub(crate) struct Transition {
    pub(crate) from: Phase,
    pub(crate) to: Phase,
    pub(crate) reason: Reason,
    /// The counts that decided.
    pub(crate) counts: Counts,
    /// How long the circuit is open, if it opened.
    pub(crate) open_for: Option<Nanos>,
}

/// The state of a circuit at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) phase: Phase,
    pub(crate) counts: Counts,
    pub(crate) rejected: u64,
    pub(crate) late: u64,
    pub(crate) since: Nanos,
    pub(crate) left: Option<Nanos>,
}
