//! How well a thing is, without the reason.

use crate::judge::Judgement;

/// A verdict without its reason. The better is the lesser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Healthy,
    Degraded,
    Unhealthy,
}

impl Level {
    pub(crate) const ALL: [Self; 3] = [Self::Healthy, Self::Degraded, Self::Unhealthy];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }

    /// Where a tally counts results of this level. Those of all levels follow each other.
    pub(crate) const fn result_word(self) -> usize {
        self as usize
    }

    /// Where a tally counts changes to this level. Those of all levels follow each other.
    pub(crate) const fn change_word(self) -> usize {
        Self::ALL.len() + self as usize
    }

    /// The same to one who chooses between things.
    pub(crate) const fn judgement(self) -> Judgement {
        match self {
            Self::Healthy => Judgement::Healthy,
            Self::Degraded => Judgement::Degraded,
            Self::Unhealthy => Judgement::Unhealthy,
        }
    }
}
