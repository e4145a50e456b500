//! What goes into a roster's decisions and what comes out of them.

use std::sync::Arc;

use crate::state::verdict::Level;
use crate::time::Nanos;

/// The right to end a call that was given to a member. It is used once.
///
/// The number of the trial whose place it took, which is zero if it is none, above the generation: one word, because two that are
/// written apart and moved together stall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the member has it in flight until it exits"]
pub(crate) struct Entry(u64);

impl Entry {
    pub(super) const fn of(generation: u32) -> Self {
        Self(generation as u64)
    }

    pub(super) const fn on_trial(self, trial: u32) -> Self {
        Self(self.0 | (trial as u64) << u32::BITS)
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is cut out of the word")]
    pub(super) const fn generation(self) -> u32 {
        self.0 as u32
    }

    pub(super) const fn trial(self) -> u64 {
        self.0 >> u32::BITS
    }

    /// Whether the call is a trial.
    pub(crate) const fn is_trial(self) -> bool {
        self.trial() > 0
    }
}

/// Which member takes a call.
#[derive(Debug)]
pub(crate) struct Choice {
    /// Its index among the members that it was chosen from.
    pub(crate) index: usize,
    pub(crate) entry: Entry,
}

/// How a call ended that was given to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Success,
    /// The member is in trouble: `Transient`, `Failed`, a timeout of ours, or a failed readiness.
    Failure,
    /// The member asks for less.
    Throttled,
    /// It says nothing of the member: ignored, abandoned, rejected or passed over.
    Nothing,
}

/// What a call or a hand has changed, in its order: to be told as events.
#[derive(Debug, Default)]
#[must_use = "nobody hears of a change that is dropped"]
#[expect(clippy::box_collection, reason = "one word, because nearly all calls change nothing")]
pub(crate) struct Changes(Option<Box<Vec<Change>>>);

impl Changes {
    pub(crate) const NONE: Self = Self(None);

    #[cold]
    pub(super) fn tell(&mut self, change: Change) {
        self.0.get_or_insert_default().push(change);
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl IntoIterator for Changes {
    type Item = Change;
    type IntoIter = std::vec::IntoIter<Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.map(|changes| *changes).unwrap_or_default().into_iter()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    Ejected {
        name: Arc<str>,
        reason: Reason,
        /// For how long.
        out_for: Nanos,
        /// How many times it has been, less one for each `base` in service.
        times: u64,
    },
    /// It would have been ejected, but too many are.
    EjectionRefused { name: Arc<str>, reason: Reason },
    /// It takes one call at a time from now on.
    OnTrial { name: Arc<str> },
    /// It is in service again.
    Readmitted { name: Arc<str>, reason: Readmission },
    /// Calls go to another one from now on.
    FailedOver {
        /// `None` where it is no member any more.
        from: Option<Arc<str>>,
        to: Arc<str>,
        reason: Takeover,
    },
    /// Too few are healthy, and health is ignored from now on; or it is heeded again.
    Panic { is_on: bool, healthy: usize, of: usize },
    /// `Healthy` while there are enough spares, `Unhealthy` while there are fewer members than needed.
    Spares { from: Level, to: Level, healthy: usize },
    /// It is drained, and has no call in flight.
    Drained { name: Arc<str> },
}

/// Why a member was ejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Consecutive,
    SuccessRate,
    /// Its trial failed.
    Trial,
    ByHand,
}

impl Reason {
    pub(crate) const ALL: [Self; 4] = [Self::Consecutive, Self::SuccessRate, Self::Trial, Self::ByHand];

    /// The reason as the `reason` field of events has it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Consecutive => "consecutive",
            Self::SuccessRate => "success_rate",
            Self::Trial => "trial",
            Self::ByHand => "by_hand",
        }
    }
}

/// Why a member is in service again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readmission {
    /// Its trial succeeded.
    Trial,
    /// Its time out is over, and there are no trials.
    InTime,
    ByHand,
}

impl Readmission {
    /// The reason as the `reason` field of events has it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::InTime => "in_time",
            Self::ByHand => "by_hand",
        }
    }
}

/// Why another member takes the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takeover {
    /// The one before takes no calls, or is worse than this one.
    Unhealthy,
    /// An earlier one has been healthy for long enough.
    FailBack,
    ByHand,
}

impl Takeover {
    pub(crate) const ALL: [Self; 3] = [Self::Unhealthy, Self::FailBack, Self::ByHand];

    /// The reason as the `reason` field of events has it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Unhealthy => "unhealthy",
            Self::FailBack => "fail_back",
            Self::ByHand => "by_hand",
        }
    }
}
