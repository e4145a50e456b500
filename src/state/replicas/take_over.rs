//! Who takes the calls where they fail over.

use std::ops::Range;

use super::change::{Change, Changes, Takeover};
use super::member::Member;
use super::{Locked, Roster};
use crate::state::verdict::Level;
use crate::sync::{Arc, Ordering};
use crate::time::Nanos;

impl Roster {
    /// Who takes the calls where they fail over: the one that does, while it is as good as any.
    pub(super) fn take_over(
        &self,
        locked: &mut Locked,
        best: Level,
        now: Nanos,
        changes: &mut Changes,
    ) -> Range<usize> {
        let members = Arc::clone(&locked.members);
        let mut good = (0..members.len()).filter(|index| members.get(*index).is_at(best));
        let Some(first) = good.clone().next() else {
            locked.in_use = None;
            return 0..0;
        };
        let in_use = locked.in_use.as_ref().map(|member| member.id());
        let at = good.clone().find(|index| Some(members.get(*index).id()) == in_use);
        let returned =
            |index: &usize| best == Level::Healthy && now >= members.get(*index).may_return(self.rules.healthy_for);
        let (next, reason) = match at {
            None => (first, Takeover::Unhealthy),
            Some(_) if best == Level::Unhealthy => (first, Takeover::Unhealthy),
            Some(at) => match good.find(|index| *index < at && returned(index)) {
                Some(earlier) => (earlier, Takeover::FailBack),
                None => (at, Takeover::Unhealthy),
            },
        };
        hand_over(locked, members.get(next), reason, changes);
        next..next + 1
    }
}

/// Lets a member take the calls, and tells it where another took them before.
pub(super) fn hand_over(locked: &mut Locked, to: &Arc<Member>, reason: Takeover, changes: &mut Changes) {
    let before = locked.in_use.replace(Arc::clone(to));
    if let Some(before) = before.filter(|before| before.id() != to.id()) {
        let is_member = locked.members.iter().any(|member| member.id() == before.id());
        let from = is_member.then(|| before.to_name());
        changes.tell(Change::FailedOver { from, to: to.to_name(), reason });
    }
}

impl Member {
    /// From when on it has been healthy for so long.
    pub(super) fn may_return(&self, healthy_for: Nanos) -> Nanos {
        Nanos(self.well_since.load(Ordering::Relaxed)).saturating_add(healthy_for)
    }
}
