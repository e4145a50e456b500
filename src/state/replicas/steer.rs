//! What a hand changes: who is a member, and what of it is used.

use super::change::{Changes, Readmission, Reason, Takeover};
use super::eject::readmit;
use super::member::Member;
use super::members::{Members, Unfit};
use super::rules::MAX_MEMBERS;
use super::take_over::hand_over;
use super::word::Phase;
use super::{Locked, Roster};
use crate::sync::{Arc, Ordering};
use crate::time::Nanos;

impl Roster {
    /// Adds a member, whose share grows from now on if there is a slow start.
    pub(crate) fn add(&self, member: &Arc<Member>, now: Nanos) -> Result<Changes, Unfit> {
        let mut locked = self.locked.lock();
        if locked.members.find(member.name()).is_some() {
            return Err(Unfit::Duplicate);
        }
        if locked.members.len() >= MAX_MEMBERS {
            return Err(Unfit::Full);
        }
        member.rise(self.rules.slow_start, now);
        let list = locked.members.iter().chain([member]).cloned().collect();
        Ok(self.reorder(&mut locked, list, now))
    }

    /// Puts a new member in the place of the one of its name, so that nobody finds it empty, or adds it.
    pub(crate) fn replace(&self, member: &Arc<Member>, now: Nanos) -> Result<Changes, Unfit> {
        let mut locked = self.locked.lock();
        let Some(before) = locked.members.find(member.name()).cloned() else {
            drop(locked);
            return self.add(member, now);
        };
        member.rise(self.rules.slow_start, now);
        locked.succeed(&before, member);
        let is_before = |other: &Arc<Member>| other.id() == before.id();
        let list = locked.members.iter().map(|other| if is_before(other) { member } else { other }).cloned().collect();
        let mut changes = self.reorder(&mut locked, list, now);
        // After the version has grown: a call that finds it closed looks for newer members.
        before.close();
        drop(locked);
        self.note_drained(&before, &mut changes);
        Ok(changes)
    }

    /// Removes a member, which takes no new call; its calls go on to their ends. `None` if there is none of this name.
    pub(crate) fn remove(&self, name: &str, now: Nanos) -> Option<(Arc<Member>, Changes)> {
        let mut locked = self.locked.lock();
        let member = locked.members.find(name).cloned()?;
        member.close();
        let list = locked.members.iter().filter(|other| other.id() != member.id()).cloned().collect();
        let mut changes = self.reorder(&mut locked, list, now);
        drop(locked);
        self.note_drained(&member, &mut changes);
        Some((member, changes))
    }

    /// Sets the weight of a member: 0 to [`MAX_WEIGHT`](super::MAX_WEIGHT).
    pub(crate) fn set_weight(&self, name: &str, weight: u32, now: Nanos) -> Option<Changes> {
        let mut locked = self.locked.lock();
        locked.members.find(name)?.weight.store(weight.into(), Ordering::Relaxed);
        let list = locked.members.iter().cloned().collect();
        Some(self.reorder(&mut locked, list, now))
    }

    /// Puts a member first in the order in which calls fail over, until another one is, and lets it take the calls if it is well.
    pub(crate) fn promote(&self, name: &str, now: Nanos) -> Option<Changes> {
        let mut locked = self.locked.lock();
        let member = locked.members.find(name).cloned()?;
        locked.first = Some(member.id());
        let mut changes = Changes::NONE;
        if member.is_well() && locked.in_use.is_some() {
            hand_over(&mut locked, &member, Takeover::ByHand, &mut changes);
        }
        let list = locked.members.iter().cloned().collect();
        self.reorder(&mut locked, list, now).into_iter().for_each(|change| changes.tell(change));
        Some(changes)
    }

    /// Gives a member no new call until [`undrain`](Self::undrain).
    pub(crate) fn drain(&self, name: &str, now: Nanos) -> Option<Changes> {
        let mut changes = Changes::NONE;
        let member = self.with(name, now, &mut changes, |_, member, _| {
            member.change(|word| Some(word.drained(true)));
        })?;
        self.note_drained(&member, &mut changes);
        Some(changes)
    }

    pub(crate) fn undrain(&self, name: &str, now: Nanos) -> Option<Changes> {
        let mut changes = Changes::NONE;
        self.with(name, now, &mut changes, |_, member, _| {
            member.is_drained.store(0, Ordering::Relaxed);
            member.change(|word| Some(word.drained(false)));
        })?;
        Some(changes)
    }

    /// Ejects a member, however many are. One that is ejected stays so.
    pub(crate) fn eject_by_hand(&self, name: &str, now: Nanos) -> Option<Changes> {
        let mut changes = Changes::NONE;
        self.with(name, now, &mut changes, |locked, member, changes| {
            if !member.is_ejected() {
                self.eject(locked, member, Reason::ByHand, now, changes);
            }
        })?;
        Some(changes)
    }

    /// Puts a member that is ejected or on trial in service.
    pub(crate) fn readmit_by_hand(&self, name: &str, now: Nanos) -> Option<Changes> {
        let mut changes = Changes::NONE;
        self.with(name, now, &mut changes, |_, member, changes| {
            if member.word().phase() != Phase::InService {
                readmit(member, Readmission::ByHand, now, changes);
            }
        })?;
        Some(changes)
    }

    /// Does something to a member under the lock, and looks at all of them after.
    fn with(
        &self,
        name: &str,
        now: Nanos,
        changes: &mut Changes,
        act: impl FnOnce(&Locked, &Member, &mut Changes),
    ) -> Option<Arc<Member>> {
        let mut locked = self.locked.lock();
        let member = locked.members.find(name).cloned()?;
        act(&locked, &member, changes);
        self.refresh(&mut locked, now, changes);
        Some(member)
    }

    /// Makes these the members; the caller holds the lock.
    pub(super) fn reorder(&self, locked: &mut Locked, list: Vec<Arc<Member>>, now: Nanos) -> Changes {
        let mut changes = Changes::NONE;
        self.len.store(list.len() as u64, Ordering::Relaxed);
        locked.members = Arc::new(Members::new(&self.rules, list, locked.first));
        self.refresh(locked, now, &mut changes);
        // Release pairs with Acquire in `version`.
        self.version.fetch_add(1, Ordering::Release);
        changes
    }
}

impl Locked {
    /// Lets a member be what the one before was where calls fail over.
    fn succeed(&mut self, before: &Member, member: &Arc<Member>) {
        if self.first == Some(before.id()) {
            self.first = Some(member.id());
        }
        if self.in_use.as_ref().is_some_and(|in_use| in_use.id() == before.id()) {
            self.in_use = Some(Arc::clone(member));
        }
    }
}

impl Member {
    /// Ends its time as a member; the caller holds the roster's lock.
    fn close(&self) {
        self.change(|word| Some(word.next(word.phase()).removed()));
    }
}
