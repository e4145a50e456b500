//! From the start of the faults to their end.

use std::ops::Range;

use super::counted::Halted;
use super::fault_rate::FaultRate;
use super::plan::{Plan, Terms, plan};
use super::share::Share;
use crate::time::Nanos;

/// What holds for every run.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) faults: Vec<Terms>,
    pub(crate) seed: u64,
    /// The largest share of the last 1,000 calls that may be faulted.
    pub(crate) max_share: f64,
}

/// What a run has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Run {
    /// The calls since its start.
    pub(crate) calls: u64,
    /// Those that met a fault.
    pub(crate) faulted: u64,
    /// Those that were to meet one and were spared, because as many are faulted as may be.
    pub(crate) spared: u64,
}

/// What a call has met.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Met {
    /// Nothing.
    Nothing,
    /// These faults, in the run of this number.
    Faults(u64, Plan),
    /// It was spared. The first time in a run is to be told.
    Spared { is_first: bool },
    /// The end of the faults, which is to be told.
    End(Halted),
}

#[derive(Clone, Debug)]
struct Live {
    during: Range<Nanos>,
    factor: FaultRate,
    share: Share,
}

/// The run that goes on, if one does, and what the last one did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    live: Option<Live>,
    /// How many there were.
    number: u64,
    done: Run,
}

impl Runs {
    /// Begins a run at one moment, to last to another. It takes the place of one that goes on, and counts from zero.
    pub(crate) fn start(&mut self, during: Range<Nanos>, factor: FaultRate) {
        self.live = Some(Live { during, factor, share: Share::new() });
        self.number += 1;
        self.done = Run::default();
    }

    /// Ends the run. Returns whether one went on.
    pub(crate) fn halt(&mut self) -> bool {
        self.live.take().is_some()
    }

    /// Ends the run if its time is over. Returns whether it did.
    pub(crate) fn expire(&mut self, now: Nanos) -> bool {
        let is_over = self.live.as_ref().is_some_and(|live| now >= live.during.end);
        is_over && self.halt()
    }

    /// Says that a call of the run of this number meets no fault after all.
    pub(crate) fn withdraw(&mut self, number: u64) {
        self.done.faulted -= u64::from(self.number == number);
    }

    /// When the run that goes on begins and ends.
    pub(crate) fn during(&self) -> Option<Range<Nanos>> {
        self.live.as_ref().map(|live| live.during.clone())
    }

    /// When the run of this number ends; `None` if it has ended.
    pub(crate) fn end_of(&self, number: u64) -> Option<Nanos> {
        self.live.as_ref().filter(|_| self.number == number).map(|live| live.during.end)
    }

    pub(crate) const fn done(&self) -> Run {
        self.done
    }

    /// Decides on a call, which may meet faults if it is in reach of them.
    pub(crate) fn meet(&mut self, rules: &Rules, is_in_reach: bool, now: Nanos) -> Met {
        if self.expire(now) {
            return Met::End(Halted::Expired);
        }
        let Some(live) = self.live.as_mut().filter(|live| now >= live.during.start) else { return Met::Nothing };
        let n = self.done.calls;
        self.done.calls += 1;
        let may_be_faulted = live.share.enter(rules.max_share);
        let since = now.saturating_sub(live.during.start);
        let draw = || plan(&rules.faults, live.factor.at(since), (rules.seed, n), since);
        let plan = if is_in_reach { draw() } else { Plan::default() };
        match (plan.meets, may_be_faulted) {
            (0, _) => Met::Nothing,
            (_, true) => {
                live.share.fault();
                self.done.faulted += 1;
                Met::Faults(self.number, plan)
            }
            (_, false) => {
                self.done.spared += 1;
                Met::Spared { is_first: self.done.spared == 1 }
            }
        }
    }
}
