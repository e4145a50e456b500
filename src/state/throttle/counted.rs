//! What throttles count for those who watch, each at its own word of a [`Tally`](crate::state::tally::Tally). Before these words stand
//! those of rejected calls, one for each class.

use crate::outcome::Outcome;
use crate::state::criticality::Criticality;

/// How a call ended that was let pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Accepted,
    Failed,
    /// It says nothing about the service.
    Uncounted,
}

impl Ended {
    pub(crate) const ALL: [Self; 3] = [Self::Accepted, Self::Failed, Self::Uncounted];

    #[inline(always)]
    pub(crate) const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Accepted,
            Outcome::Transient | Outcome::Throttled { .. } | Outcome::Failed => Self::Failed,
            Outcome::Ignored => Self::Uncounted,
        }
    }

    #[inline(always)]
    pub(crate) const fn word(self) -> usize {
        Criticality::COUNT + self as usize
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Failed => "failed",
            Self::Uncounted => "uncounted",
        }
    }
}
