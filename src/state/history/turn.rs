//! How a thing stands, and a change of it.

use super::counted::Counted;
use crate::time::Nanos;

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Up,
    /// It fails. From `until` on nobody asks any more whether it still does.
    Down {
        until: Nanos,
    },
    /// It fails until calls have shown that it does not.
    OnTrial,
    /// It was set by hand, and neither works nor fails.
    Out,
}

impl Standing {
    pub(super) const fn is_failing(self) -> bool {
        matches!(self, Self::Down { .. } | Self::OnTrial)
    }
}

/// A change of how a thing stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// The later the change, the larger.
    pub(crate) number: u64,
    pub(crate) to: Standing,
    pub(crate) is_by_hand: bool,
    /// What was counted until then.
    pub(crate) counted: Counted,
}
