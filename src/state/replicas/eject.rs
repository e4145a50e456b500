//! When a member is taken out of service, and for how long.

use super::change::{Change, Changes, Readmission, Reason};
use super::member::Member;
use super::rules::LONGEST_OUT;
use super::word::Phase;
use super::{Locked, Roster};
use crate::sync::Ordering;
use crate::time::Nanos;

impl Roster {
    /// Ejects a member, if not too many are; by hand always. The caller holds the lock, and looks at all members after.
    pub(super) fn eject(&self, locked: &Locked, member: &Member, reason: Reason, now: Nanos, changes: &mut Changes) {
        let name = member.to_name();
        let is_refused = reason != Reason::ByHand && !self.may_eject(locked, member);
        if is_refused && reason != Reason::Trial {
            // It is asked again after as many failures more, and not after each.
            member.change(|word| Some(word.with_streak(0)));
            return changes.tell(Change::EjectionRefused { name, reason });
        }
        let times = self.times(member, now);
        let out_for = self.out_for(times);
        member.times.store(times, Ordering::Relaxed);
        member.until.store(now.saturating_add(out_for).0, Ordering::Relaxed);
        if is_refused {
            // Its next trial waits as long as if it had been ejected, or it would fail every call.
            member.turn(Phase::OnTrial, now);
            changes.tell(Change::EjectionRefused { name, reason });
        } else {
            member.turn(Phase::Ejected, now);
            changes.tell(Change::Ejected { name, reason, out_for, times });
        }
    }

    /// How many times it is ejected with this time. Each `base` in service has taken one off.
    fn times(&self, member: &Member, now: Nanos) -> u64 {
        let times = member.times.load(Ordering::Relaxed);
        let since = Nanos(member.since.load(Ordering::Relaxed));
        let off = match member.word().phase() {
            Phase::InService => now.saturating_sub(since).0.checked_div(self.rules.base.0).unwrap_or(u64::MAX),
            Phase::Ejected | Phase::OnTrial => 0,
        };
        times.saturating_sub(off).saturating_add(1)
    }

    /// `base` for each time, at most [`LONGEST_OUT`], and up to a tenth more.
    fn out_for(&self, times: u64) -> Nanos {
        let out_for = Nanos(self.rules.base.0.saturating_mul(times).min(LONGEST_OUT.0));
        let jitter = u128::from(out_for.0 / 10) * u128::from(self.draws.draw() >> 32) / u128::from(u32::MAX);
        out_for.saturating_add(Nanos(u64::try_from(jitter).unwrap_or(0)))
    }

    /// Whether results may eject one more: the share of those that are out stays legal, and one remains.
    #[expect(clippy::cast_precision_loss, reason = "members are few")]
    fn may_eject(&self, locked: &Locked, member: &Member) -> bool {
        let others = || locked.members.iter().filter(|other| other.id() != member.id() && other.is_in_play());
        let (of, out) = (others().count() + 1, others().filter(|other| other.is_ejected()).count() + 1);
        out < of && out as f64 / of as f64 <= self.rules.max_ejected
    }
}

/// Puts a member in service; the caller holds the lock, and looks at all members after.
pub(super) fn readmit(member: &Member, reason: Readmission, now: Nanos, changes: &mut Changes) {
    member.turn(Phase::InService, now);
    changes.tell(Change::Readmitted { name: member.to_name(), reason });
}

impl Member {
    /// Whether it would take calls if it were well.
    pub(super) fn is_in_play(&self) -> bool {
        !self.word().is_closed() && self.weight() > 0
    }

    pub(super) fn is_ejected(&self) -> bool {
        self.word().phase() == Phase::Ejected
    }
}
