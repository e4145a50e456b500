//! What a call does with an entry.

use super::life::{Life, Phase};
use super::turn::Turn;
use crate::time::Nanos;

/// What a call does with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// The entry is the answer. It is refreshed beside that, if it is the turn of this call.
    Answer { refresh: bool },
    /// The service is asked. If that fails, the entry may [stand in](Life::stands_in) for its answer.
    Ask,
}

impl Plan {
    /// What to do with an entry of this life, whose turns these are. In the background, or else by the call itself, it is refreshed
    /// by one at a time, and after a failure by nobody for a while.
    #[inline]
    pub(crate) fn of(
        life: &Life,
        turn: &Turn,
        now: Nanos,
        beta: f64,
        in_background: bool,
        draw: impl FnOnce() -> u64,
    ) -> Self {
        match life.phase(now) {
            Phase::Fresh if !life.is_early(now, beta, draw) || !turn.is_due(now) => Self::ANSWER,
            Phase::Fresh if in_background => Self::Answer { refresh: turn.try_take(now) },
            Phase::Stale => Self::Answer { refresh: turn.try_take(now) },
            Phase::OnError if !turn.is_due(now) => Self::ANSWER,
            Phase::Fresh | Phase::OnError | Phase::Kept | Phase::Gone => Self::Ask,
        }
    }

    const ANSWER: Self = Self::Answer { refresh: false };
}
