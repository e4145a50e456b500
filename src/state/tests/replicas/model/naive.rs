//! The naive model.

use super::*;

/// A member, as the page says it.
#[derive(Clone, Debug)]
pub(super) struct One {
    pub(super) phase: Phase,
    pub(super) drained: bool,
    pub(super) streak: u32,
    pub(super) times: u64,
    /// How often its phase has changed.
    pub(super) age: u64,
    pub(super) since: u64,
    pub(super) until: u64,
    pub(super) well_since: u64,
    pub(super) was_well: bool,
    pub(super) trials: u64,
    pub(super) in_flight: u64,
}

impl One {
    pub(super) fn is_well(&self) -> bool {
        self.phase == Phase::InService && !self.drained
    }

    pub(super) fn turn(&mut self, phase: Phase, now: u64) {
        (self.phase, self.since, self.streak, self.age) = (phase, now, 0, self.age + 1);
    }
}

/// A call in flight: where, the age of its member, and its number if it is a trial.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub(super) at: usize,
    pub(super) age: u64,
    pub(super) trial: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Model {
    pub(super) rules: Rules,
    pub(super) all: Vec<One>,
    pub(super) in_use: Option<usize>,
    pub(super) now: u64,
}

impl Model {
    pub(super) fn new(rules: Rules, members: usize) -> Self {
        let one = One {
            phase: Phase::InService,
            drained: false,
            streak: 0,
            times: 0,
            age: 0,
            since: 0,
            until: 0,
            well_since: 0,
            was_well: true,
            trials: 0,
            in_flight: 0,
        };
        Self { rules, all: vec![one; members], in_use: Some(0), now: 0 }
    }

    pub(super) fn those(&self, which: impl Fn(&One) -> bool) -> Vec<usize> {
        (0..self.all.len()).filter(|at| which(&self.all[*at])).collect()
    }

    pub(super) fn is_panic(&self) -> bool {
        let (well, of) = (self.those(One::is_well).len(), self.those(|one| !one.drained).len());
        self.rules.policy != Policy::FailOver && share(well, of) < self.rules.panic_below
    }

    /// Where the next call may go, and whether it is a trial.
    pub(super) fn may_take(&mut self) -> (Vec<usize>, bool) {
        let now = self.now;
        let due = self.those(|one| !one.drained && one.phase != Phase::InService && one.until <= now);
        if let Some(first) = due.first() {
            return (vec![*first], true);
        }
        self.look();
        let well = self.those(One::is_well);
        let any = self.those(|one| !one.drained);
        let those = match self.rules.policy {
            Policy::FailOver => self.in_use.into_iter().collect(),
            _ if self.is_panic() => any,
            _ => well,
        };
        (those, false)
    }

    /// What every change brings with it.
    pub(super) fn look(&mut self) {
        let now = self.now;
        for one in &mut self.all {
            if one.is_well() && !one.was_well {
                one.well_since = now;
            }
            one.was_well = one.is_well();
        }
        let well = self.those(One::is_well);
        let any = self.those(|one| !one.drained);
        let stays = self.in_use.filter(|at| well.contains(at));
        let healthy_for = self.rules.healthy_for.0;
        let returned =
            |at: &&usize| stays.is_some_and(|stays| **at < stays) && now >= self.all[**at].well_since + healthy_for;
        self.in_use = well.iter().find(returned).copied().or(stays).or(well.first().copied()).or(any.first().copied());
    }

    pub(super) fn enter(&mut self, at: usize, is_trial: bool) -> Flight {
        let now = self.now;
        let one = &mut self.all[at];
        one.in_flight += 1;
        let mut trial = None;
        if is_trial {
            if one.phase == Phase::Ejected {
                one.turn(Phase::OnTrial, now);
            }
            one.until = now + 10 * S;
            one.trials += 1;
            trial = Some(one.trials);
        }
        let flight = Flight { at, age: one.age, trial };
        if is_trial {
            self.look();
        }
        flight
    }

    /// Ends a call. Returns whether its member goes out or waits for its next trial, so that its time is to be looked at.
    pub(super) fn exit(&mut self, flight: Flight, how: How) -> bool {
        let now = self.now;
        let one = &mut self.all[flight.at];
        one.in_flight -= 1;
        if one.age != flight.age {
            return false;
        }
        let out = match (flight.trial, how, one.phase) {
            (Some(_), Success, _) => {
                one.turn(Phase::InService, now);
                false
            }
            (Some(_), Failure, _) => self.eject(flight.at, false, true),
            (Some(trial), ..) => {
                if trial == one.trials {
                    one.until = now;
                }
                false
            }
            (None, Success, Phase::InService) => {
                one.streak = 0;
                return false;
            }
            (None, Failure, Phase::InService) => {
                one.streak += 1;
                if self.rules.consecutive.is_none_or(|most| one.streak < most) {
                    return false;
                }
                self.eject(flight.at, false, false)
            }
            (None, ..) => return false,
        };
        self.look();
        out
    }

    pub(super) fn eject(&mut self, at: usize, by_hand: bool, is_trial: bool) -> bool {
        let others = self.those(|one| !one.drained).into_iter().filter(|other| *other != at);
        let of = others.clone().count() + 1;
        let out = others.filter(|other| self.all[*other].phase == Phase::Ejected).count() + 1;
        let legal = by_hand || out < of && share(out, of) <= self.rules.max_ejected;
        let (now, base) = (self.now, self.rules.base.0);
        let one = &mut self.all[at];
        if !legal && !is_trial {
            one.streak = 0;
            return false;
        }
        let off = if one.phase == Phase::InService { (now - one.since) / base } else { 0 };
        one.times = one.times.saturating_sub(off) + 1;
        one.turn(if legal { Phase::Ejected } else { Phase::OnTrial }, now);
        true
    }

    pub(super) fn hand(&mut self, at: usize, hand: Hand) -> bool {
        let now = self.now;
        let one = &mut self.all[at];
        let mut out = false;
        match hand {
            Hand::Drain => one.drained = true,
            Hand::Undrain => one.drained = false,
            Hand::Eject if one.phase != Phase::Ejected => out = self.eject(at, true, false),
            Hand::Readmit if one.phase != Phase::InService => one.turn(Phase::InService, now),
            Hand::Eject | Hand::Readmit => {}
        }
        self.look();
        out
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are few")]
fn share(count: usize, of: usize) -> f64 {
    if of == 0 { 1.0 } else { count as f64 / of as f64 }
}
