//! Calls by how they ended, with the times that they took, and those in flight.
//!
//! Exact, but for calls that begin or end while they are read. A call that was seen to have ended was seen to have begun: bounded by
//! the model `no_more_calls_have_ended_than_begun`.

use std::array;

use super::histogram::{Durations, Histogram};
use super::stripes::Stripes;
use crate::outcome::Outcome;
use crate::sync::{Ordering, fence};
use crate::time::Nanos;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Ended {
    /// The service did its part: [`Outcome::Success`].
    Success,
    /// It failed, panicked, or was cut short by a limit of ours: [`Outcome::Transient`] or [`Outcome::Failed`].
    Failure,
    /// The service asked for fewer calls: [`Outcome::Throttled`].
    Throttled,
    /// The result says nothing about the service: [`Outcome::Ignored`].
    Ignored,
    /// Nothing was sent: a layer below rejected it, or its caller's deadline came first.
    Rejected,
    /// The caller left, or its deadline came.
    Abandoned,
}

impl Ended {
    /// Every way in which a call ends.
    pub const ALL: [Self; 6] =
        [Self::Success, Self::Failure, Self::Throttled, Self::Ignored, Self::Rejected, Self::Abandoned];

    /// The word for it, as metrics show it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Throttled => "throttled",
            Self::Ignored => "ignored",
            Self::Rejected => "rejected",
            Self::Abandoned => "abandoned",
        }
    }
}

impl From<Outcome> for Ended {
    #[inline(always)]
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Success,
            Outcome::Transient | Outcome::Failed => Self::Failure,
            Outcome::Throttled { .. } => Self::Throttled,
            Outcome::Ignored => Self::Ignored,
        }
    }
}

const BEGUN: usize = 0;

/// Counted beside those that have begun, so that both are read at nearly the same moment.
const ENDED: usize = 1;

#[derive(Debug)]
pub(crate) struct Calls {
    counts: Stripes,
    times: [Histogram; Ended::ALL.len()],
}

impl Calls {
    pub(crate) fn new() -> Self {
        Self { counts: Stripes::new(2), times: array::from_fn(|_| Histogram::new()) }
    }

    #[inline(always)]
    pub(crate) fn begin(&self) {
        self.counts.mine().count(BEGUN);
    }

    #[inline(always)]
    pub(crate) fn end(&self, ended: Ended, took: Nanos) {
        self.times[ended as usize].record(took);
        self.counts.mine().count(ENDED);
    }

    pub(crate) fn of(&self, ended: Ended) -> Durations {
        self.times[ended as usize].read()
    }

    pub(crate) fn in_flight(&self) -> u64 {
        let ended = self.counts.total(ENDED);
        // Pairs with the release in each count: who sees that a call has ended sees that it had begun.
        fence(Ordering::Acquire);
        self.counts.total(BEGUN) - ended
    }
}
