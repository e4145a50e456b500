//! What goes into a circuit's decisions and what comes out of them.

use crate::error::RejectionReason;
use crate::outcome::Outcome;
use crate::state::circuit::{Phase, Reason};
use crate::state::counts::Counts;
use crate::time::{Nanos, Now};

/// The right to end a call that was let through. It is used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The generation, and above it the round of places that a probe's own belongs to. One word, because it is copied often.
    period: u64,
    /// Since when the call is in flight; [`Nanos::MAX`] as long as nobody needed to know.
    started: Nanos,
}

impl Entry {
    pub(super) const fn new(generation: u32, round: u32) -> Self {
        Self { period: generation as u64 | (round as u64) << 32, started: Nanos::MAX }
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is cut out of the word")]
    pub(super) const fn generation(self) -> u32 {
        self.period as u32
    }

    pub(super) const fn round(self) -> u32 {
        (self.period >> 32) as u32
    }

    /// Notes that the call is in flight since now, if that was not noted before.
    pub(crate) fn start(&mut self, clock: impl Now) {
        if self.started == Nanos::MAX {
            self.started = clock.now();
        }
    }

    pub(in crate::state) const fn started(self) -> Nanos {
        self.started
    }

    /// For how long the call was in flight until `now`. Zero if that was not noted.
    pub(super) fn in_flight(self, now: Nanos) -> Nanos {
        now.saturating_sub(self.started)
    }
}

/// How a call ended that was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It had a result, which means this.
    Settled(Outcome),
    /// It had a result, and is an attempt that is not the first of its call.
    Repeated(Outcome),
    /// A timeout of ours with this limit cut it short while it waited for the service.
    TimedOut { limit: Nanos, is_repeat: bool },
    /// It was dropped, which says nothing about the service.
    Abandoned,
    /// It was not sent, because the service was not ready.
    Unsent,
}

impl Exit {
    pub(crate) const fn settled(outcome: Outcome, is_repeat: bool) -> Self {
        if is_repeat { Self::Repeated(outcome) } else { Self::Settled(outcome) }
    }

    /// Whether it may give a place back to the probes to come: it counts nothing, or may do so.
    #[inline(always)]
    pub(crate) const fn may_free(self) -> bool {
        !matches!(
            self,
            Self::Settled(Outcome::Success | Outcome::Transient | Outcome::Throttled { .. } | Outcome::Failed)
                | Self::Repeated(Outcome::Success | Outcome::Transient | Outcome::Throttled { .. } | Outcome::Failed)
        )
    }
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
    pub(crate) at: Nanos,
    /// How many there have been.
    pub(crate) number: u64,
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
    /// How many probes are in flight and hold a place.
    pub(crate) probing: u32,
}
