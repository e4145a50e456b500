//! What bulkheads count for those who watch: rejections, and changes of the limit, each at its own word of a
//! [`Tally`](crate::state::tally::Tally).

use crate::error::RejectionReason;
use crate::state::criticality::Criticality;

/// The word that counts rejections of calls of this class. Those of a reason stand together.
#[inline(always)]
pub(crate) const fn rejected(reason: RejectionReason, class: Criticality) -> usize {
    reason as usize * Criticality::COUNT + class as usize
}

/// Why the limit was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    ByHand,
    /// It is found by itself.
    Adapted,
}

impl Change {
    pub(crate) const ALL: [Self; 2] = [Self::ByHand, Self::Adapted];

    pub(crate) const fn word(self) -> usize {
        RejectionReason::ALL.len() * Criticality::COUNT + self as usize
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ByHand => "by_hand",
            Self::Adapted => "adapted",
        }
    }
}
