//! What circuits count for those who watch: rejections, how calls ended, and transitions, each at its own word of a
//! [`Tally`](crate::state::tally::Tally).

use crate::error::RejectionReason;
use crate::outcome::Outcome;
use crate::state::circuit::{Phase, Reason};

/// How a call ended that was let through. Each call ends once, but for a response that streamed well and then broke: it is a success
/// and a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Success,
    Failure,
    Throttled,
    /// It says nothing about the service.
    Ignored,
    /// It was dropped.
    Abandoned,
    /// The circuit had changed its phase.
    Late,
}

impl Ended {
    pub(crate) const ALL: [Self; 6] =
        [Self::Success, Self::Failure, Self::Throttled, Self::Ignored, Self::Abandoned, Self::Late];

    #[inline(always)]
    pub(crate) const fn word(self) -> usize {
        RejectionReason::ALL.len() + self as usize
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Throttled => "throttled",
            Self::Ignored => "ignored",
            Self::Abandoned => "abandoned",
            Self::Late => "late",
        }
    }

    /// How a call ended that counts. One that is ignored here was dropped after it was slow.
    #[inline(always)]
    pub(super) const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Success,
            Outcome::Transient | Outcome::Failed => Self::Failure,
            Outcome::Throttled { .. } => Self::Throttled,
            Outcome::Ignored => Self::Abandoned,
        }
    }
}

/// Where a transition leads from and to, and why.
pub(crate) type Step = (Phase, Phase, Reason);

/// The transitions there can be.
pub(crate) fn steps() -> impl Iterator<Item = Step> {
    let by_rule = Reason::ALL.into_iter().flat_map(|reason| {
        Phase::ALL.map(|from| match from {
            Phase::MetricsOnly if reason.is_rule() => (from, from, reason),
            _ => (from, from.after(reason), reason),
        })
    });
    let by_hand = Phase::ALL.into_iter().flat_map(|from| {
        [Phase::Closed, Phase::ForcedOpen, Phase::ForcedClosed, Phase::MetricsOnly].map(|to| (from, to, Reason::ByHand))
    });
    let restored = [Phase::Open, Phase::ForcedOpen, Phase::ForcedClosed, Phase::MetricsOnly];
    let restored = restored.map(|to| (Phase::Closed, to, Reason::Restored));
    let by_rule = by_rule.filter(|&(from, to, reason)| from != to || from == Phase::MetricsOnly && reason.is_rule());
    by_rule.chain(by_hand.filter(|(from, to, _)| from != to)).chain(restored)
}

/// The word of the first of [`steps`].
pub(crate) const FIRST_STEP: usize = RejectionReason::ALL.len() + Ended::ALL.len();

/// How many [`steps`] there are.
pub(crate) const STEPS: usize = 39;
