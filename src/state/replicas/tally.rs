//! How many members are how well, and whether that is enough.

use std::ops::Range;

use super::members::Members;
use super::rules::{Policy, Rules};
use crate::state::counts::share;
use crate::state::verdict::Level;

/// How many of some members are how well.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) healthy: usize,
    /// Those that are healthy or degraded.
    pub(super) usable: usize,
    /// Those that would take calls if they were well.
    pub(super) of: usize,
}

impl Tally {
    pub(super) fn of(members: &Members, range: &Range<usize>) -> Self {
        let in_play = range.clone().map(|index| members.get(index)).filter(|member| member.is_in_play());
        in_play.fold(Self::default(), |tally, member| {
            let level = member.level();
            Self {
                healthy: tally.healthy + usize::from(level == Level::Healthy),
                usable: tally.usable + usize::from(level < Level::Unhealthy),
                of: tally.of + 1,
            }
        })
    }

    /// The best level that one of them has.
    pub(super) fn best(&self) -> Level {
        match self {
            Self { healthy: 1.., .. } => Level::Healthy,
            Self { usable: 1.., .. } => Level::Degraded,
            _ => Level::Unhealthy,
        }
    }
}

impl Rules {
    pub(crate) fn fails_over(&self) -> bool {
        self.shards.is_none() && self.policy == Policy::FailOver
    }

    /// Whether too few of them are healthy.
    pub(super) fn is_too_few(&self, tally: &Tally) -> bool {
        tally.of > 0 && share(tally.usable as u64, tally.of as u64) < self.panic_below
    }

    /// How well the healthy ones do for what is needed.
    pub(super) fn spares(&self, healthy: usize) -> Level {
        match healthy {
            healthy if healthy < self.needed => Level::Unhealthy,
            healthy if healthy < self.needed.saturating_add(self.spares) => Level::Degraded,
            _ => Level::Healthy,
        }
    }
}
