//! Claims about calls that end while a step begins.

use loom::model;

use super::{race, race_of_three};
use crate::state::objective::{BurnWindow, Call, Calls, Indicator, Ledger, Rules, STEP, STEPS_PER_DAY, Saved, Target};
use crate::sync::{Arc, Mutex};
use crate::time::Nanos;

struct Objective {
    calls: Calls,
    ledger: Mutex<Ledger>,
}

impl Objective {
    fn new() -> Arc<Self> {
        let targets = [Target::new(0.999), None];
        let rules = Rules { targets, period: 3 * STEPS_PER_DAY, min_bad: 1 };
        Arc::new(Self { calls: Calls::new(), ledger: Mutex::new(Ledger::new(rules)) })
    }

    fn look(&self, step: u64) -> usize {
        self.ledger.lock().look(&self.calls, Nanos(step * STEP.0)).len()
    }

    /// Records a bad call, and returns how many alerts changed.
    fn record(&self, step: u64) -> usize {
        let changes = if self.calls.is_due(Nanos(step * STEP.0)) { self.look(step) } else { 0 };
        self.calls.count(Call::Bad);
        changes
    }

    fn restore(&self, saved: &Saved) -> bool {
        self.ledger.lock().restore(&self.calls, saved, Nanos(0), Nanos(0))
    }

    fn bad(&self, step: u64, window: BurnWindow) -> u64 {
        let mut ledger = self.ledger.lock();
        drop(ledger.look(&self.calls, Nanos(step * STEP.0)));
        let seen = ledger.seen().find(|seen| seen.indicator == Indicator::Availability).unwrap();
        seen.windows[window as usize].bad
    }
}

#[test]
fn no_call_is_lost_while_a_step_begins() {
    model(|| {
        let objective = Objective::new();
        let [one, two] = [(); 2].map(|()| Arc::clone(&objective));
        race_of_three(move || one.record(1), move || two.record(1), || objective.bad(1, BurnWindow::FiveMinutes));
        // Each belongs to the step that began or to the one before, and the one that found the step to begin belongs to it.
        assert_eq!(objective.bad(29, BurnWindow::FiveMinutes), 2);
        assert!(objective.bad(30, BurnWindow::FiveMinutes) >= 1);
        assert_eq!(objective.bad(31, BurnWindow::FiveMinutes), 0);
        assert_eq!(objective.bad(31, BurnWindow::Hour), 2);
    });
}

#[test]
fn who_look_together_see_no_call_leave() {
    model(|| {
        let objective = Objective::new();
        objective.record(0);
        let other = Arc::clone(&objective);
        let look = |objective: &Objective| [0, 1].map(|_| objective.bad(1, BurnWindow::Hour));
        let (theirs, _) = race(move || look(&other), || objective.record(1));
        assert!(theirs[0] >= 1 && theirs[0] <= theirs[1] && theirs[1] <= 2, "{theirs:?}");
    });
}

#[test]
fn a_change_is_told_by_one_of_those_who_look_together() {
    model(|| {
        let objective = Objective::new();
        objective.record(0);
        let other = Arc::clone(&objective);
        let (theirs, ours) = race(move || other.look(1), || objective.look(1));
        assert_eq!((theirs.min(ours), theirs.max(ours)), (0, 4));
    });
}

#[test]
fn a_call_beside_a_restore_is_counted_once() {
    model(|| {
        let (first, objective) = (Objective::new(), Objective::new());
        first.record(0);
        assert_eq!(first.bad(0, BurnWindow::Hour), 1);
        let saved = first.ledger.lock().saved(Nanos(0));
        let other = Arc::clone(&objective);
        let (_, restored) = race(move || other.record(0), || objective.restore(&saved));
        assert_eq!(objective.bad(0, BurnWindow::Hour), 1 + u64::from(restored));
    });
}
