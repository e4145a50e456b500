//! What sagas count for those who watch, each at its own word of a [`Tally`](crate::state::tally::Tally).

use super::End;

/// Where it is counted how many were begun.
pub(crate) const BEGUN: usize = 0;

/// Where it is counted how many went on, because somebody resumed them.
pub(crate) const RESUMED: usize = 1;

/// Where it is counted how often a step failed, or failed again.
pub(crate) const FAILED_STEPS: usize = 2;

/// Where it is counted how often a compensation failed.
pub(crate) const FAILED_COMPENSATIONS: usize = 3;

impl End {
    pub(crate) const ALL: [Self; 3] = [Self::Done, Self::Undone, Self::Stuck];

    pub(crate) const fn word(self) -> usize {
        FAILED_COMPENSATIONS + 1 + self as usize
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Undone => "undone",
            Self::Stuck => "stuck",
        }
    }
}
