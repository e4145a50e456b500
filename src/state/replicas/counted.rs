//! What replicas count for those who watch: rejections, ejections, failovers, and calls that were passed over, each at its own word
//! of a [`Tally`](crate::state::tally::Tally). And how a replica is, in one word.

use super::{MemberView, Phase, Reason, Takeover};
use crate::error::RejectionReason;
use crate::judge::Judgement;
use crate::state::verdict::Level;

const EJECTED: usize = RejectionReason::ALL.len();
const FAILED_OVER: usize = EJECTED + Reason::ALL.len();
const PASSED_OVER: usize = FAILED_OVER + Takeover::ALL.len();

impl Reason {
    pub(crate) const fn word(self) -> usize {
        EJECTED + self as usize
    }
}

impl Takeover {
    pub(crate) const fn word(self) -> usize {
        FAILED_OVER + self as usize
    }
}

/// Why a call went on to another replica, or would have if there had been one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PassedOver {
    /// A layer below rejected it.
    Rejected,
    /// The replica was not ready in time.
    NotReady,
    /// The replica failed to become ready.
    Unready,
    /// The replica failed before anything was sent.
    NotSent,
    /// The replica could not be made, or could not take over.
    NotThere,
}

impl PassedOver {
    pub(crate) const ALL: [Self; 5] = [Self::Rejected, Self::NotReady, Self::Unready, Self::NotSent, Self::NotThere];

    pub(crate) const fn word(self) -> usize {
        PASSED_OVER + self as usize
    }

    /// The reason as metrics have it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::NotReady => "not_ready",
            Self::Unready => "unready",
            Self::NotSent => "not_sent",
            Self::NotThere => "not_there",
        }
    }
}

impl MemberView {
    /// What [`state`](Self::state) may say.
    pub(crate) const STATES: [&str; 6] = ["healthy", "degraded", "unhealthy", "on_trial", "ejected", "drained"];

    /// How it is, in one word.
    pub(crate) const fn state(&self) -> &'static str {
        match (self.phase, self.judgement, self.level) {
            _ if self.is_drained => "drained",
            (Phase::Ejected, ..) => "ejected",
            (Phase::OnTrial, ..) | (_, Judgement::OnTrial, _) => "on_trial",
            (.., Level::Healthy) => "healthy",
            (.., Level::Degraded) => "degraded",
            (.., Level::Unhealthy) => "unhealthy",
        }
    }
}
