//! What there is to see of a roster.

use std::sync::Arc;

use super::Roster;
use super::change::Changes;
use super::member::Member;
use super::word::Phase;
use crate::judge::Judgement;
use crate::state::verdict::Level;
use crate::sync::{Arc as Shared, Ordering};
use crate::time::Nanos;

#[derive(Clone, Debug)]
pub(crate) struct View {
    /// In the order in which they are asked.
    pub(crate) members: Vec<MemberView>,
    /// How many are healthy or degraded, and of how many that take calls.
    pub(crate) healthy: usize,
    pub(crate) of: usize,
    /// Whether health is ignored.
    pub(crate) is_panic: bool,
    /// How well the healthy ones do for what is needed.
    pub(crate) spares: Level,
}

#[derive(Clone, Debug)]
pub(crate) struct MemberView {
    pub(crate) name: Arc<str>,
    pub(crate) weight: u64,
    pub(crate) tier: u32,
    pub(crate) phase: Phase,
    pub(crate) is_drained: bool,
    /// What its judges said, and why, where one of them tells.
    pub(crate) judgement: Judgement,
    pub(crate) why: Option<String>,
    pub(crate) level: Level,
    /// Whether it takes the calls where they fail over.
    pub(crate) is_in_use: bool,
    pub(crate) in_flight: u64,
    pub(crate) calls: u64,
    pub(crate) failures: u64,
    /// When its phase last changed.
    pub(crate) since: Nanos,
    /// When its next trial is due; out of service.
    pub(crate) until: Option<Nanos>,
    /// How many times it was ejected when it last was, less one for each `base` in service before.
    pub(crate) times: u64,
}

impl Roster {
    /// Asks all judges, and shows what there is to see; what that changed comes back too.
    pub(crate) fn view(&self, now: Nanos) -> (View, Changes) {
        let mut changes = Changes::NONE;
        self.ask(now, &mut changes);
        (self.peek(), changes)
    }

    /// Asks all judges, and says how the members are as one thing: on trial where one of them is to be asked by the next call, which
    /// nobody else can find out. `None` if another one has the lock: it does not wait.
    pub(crate) fn judge(&self, now: Nanos) -> Option<(Judgement, Changes)> {
        let mut changes = Changes::NONE;
        let members = Shared::clone(&self.locked.try_lock()?.members);
        let spares = self.try_ask(&members, now, &mut changes)?;
        let is_asking = members.iter().any(|member| member.is_to_be_asked(now));
        let judgement = match spares {
            Level::Degraded | Level::Unhealthy if is_asking => Judgement::OnTrial,
            level => level.judgement(),
        };
        Some((judgement, changes))
    }

    /// Shows what there was to see when the roster last looked.
    pub(crate) fn peek(&self) -> View {
        let locked = self.locked.lock();
        let (members, in_use) = (Shared::clone(&locked.members), locked.in_use.as_ref().map(|member| member.id()));
        let mut view = View {
            members: members.iter().map(|member| member.view(in_use)).collect(),
            healthy: locked.healthy,
            of: locked.of,
            is_panic: locked.is_panic,
            spares: locked.spares,
        };
        drop(locked);
        for (shown, member) in view.members.iter_mut().zip(members.iter()) {
            shown.why = member.judges().iter().find_map(|judge| judge.why());
        }
        view
    }
}

impl Member {
    fn view(&self, in_use: Option<u64>) -> MemberView {
        let word = self.word();
        let (calls, failures) = self.totals();
        MemberView {
            name: self.to_name(),
            weight: self.weight(),
            tier: self.tier,
            phase: word.phase(),
            is_drained: word.is_drained(),
            judgement: self.judged(),
            why: None,
            level: self.level(),
            is_in_use: in_use == Some(self.id()),
            in_flight: self.in_flight(),
            calls,
            failures,
            since: Nanos(self.since.load(Ordering::Relaxed)),
            until: (word.phase() != Phase::InService).then(|| Nanos(self.until.load(Ordering::Relaxed))),
            times: self.times.load(Ordering::Relaxed),
        }
    }
}
