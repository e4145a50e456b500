//! Claims about objectives.

mod alerts;
mod budget;
mod failures;
mod model;
mod restored;
mod steps;
mod target;

use crate::state::objective::{
    ALERTS, Asked, BurnWindow, Call, Calls, Change, Indicator, Ledger, Rules, STEP, STEPS_PER_DAY, Seen, Target,
};
use crate::time::Nanos;

/// Thirty days.
const MONTH: u64 = 30 * STEPS_PER_DAY;

const MINUTE: u64 = 6;
const HOUR: u64 = 60 * MINUTE;

/// An objective with a clock of its own, whose calls come at the beginning of a step.
struct Objective {
    calls: Calls,
    ledger: Ledger,
    step: u64,
    changes: Vec<Change>,
}

fn target(share: f64) -> Target {
    Target::new(share).expect("it is legal")
}

/// 99.9 % availability over so many steps.
fn over(period: u64) -> Objective {
    Objective::new(Rules { targets: [Some(target(0.999)), None], period, min_bad: 5 })
}

impl Objective {
    fn new(rules: Rules) -> Self {
        Self { calls: Calls::new(), ledger: Ledger::new(rules), step: 0, changes: Vec::new() }
    }

    fn now(&self) -> Nanos {
        Nanos(self.step * STEP.0)
    }

    fn record(&mut self, call: Call, times: u64) {
        if self.calls.is_due(self.now()) {
            self.look();
        }
        (0..times).for_each(|_| self.calls.count(call));
    }

    /// So many calls in each of so many steps, the bad ones first. Then the next step has begun.
    fn go_on(&mut self, steps: u64, [bad, fast]: [u64; 2]) {
        for _ in 0..steps {
            self.record(Call::Bad, bad);
            self.record(Call::Fast, fast);
            self.step += 1;
        }
    }

    fn look(&mut self) {
        let now = self.now();
        self.changes.extend(self.ledger.look(&self.calls, now));
    }

    fn seen(&mut self, indicator: Indicator) -> Seen {
        self.look();
        self.ledger.seen().find(|seen| seen.indicator == indicator).expect("it has a target")
    }

    /// The failures, in steps. One that has not ended lasts until now.
    fn failures(&mut self) -> Vec<[u64; 2]> {
        self.look();
        let turns = self.changes.iter().filter_map(|change| Some((change.at, change.fails?)));
        let mut failures = Vec::<[u64; 2]>::new();
        for (at, fails) in turns.chain([(self.now(), false)]).map(|(at, fails)| (at.0 / STEP.0, fails)) {
            match failures.last_mut() {
                Some([began, ended]) if !fails && began == ended => *ended = at,
                _ if fails => failures.push([at, at]),
                _ => {}
            }
        }
        failures
    }

    fn availability(&mut self) -> Seen {
        self.seen(Indicator::Availability)
    }

    fn burns(&mut self) -> [f64; 7] {
        let seen = self.availability();
        BurnWindow::ALL.map(|window| seen.burn(window))
    }

    fn firing(&mut self) -> [bool; 4] {
        self.availability().firing
    }
}

/// Whether two numbers are equal, but for the rounding of their last digits.
fn are_near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * other.abs()
}
