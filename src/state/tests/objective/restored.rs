//! Claims about an objective that goes on from another.

use proptest::prelude::*;

use super::*;
use crate::state::objective::Saved;

/// Steps in three days.
const PERIOD: u64 = 25_920;

impl Objective {
    fn saved(&mut self) -> Saved {
        self.look();
        self.ledger.saved(self.now())
    }

    fn restore(&mut self, saved: &Saved, steps_ago: u64) -> bool {
        self.look();
        self.ledger.restore(&self.calls, saved, Nanos(steps_ago * STEP.0), self.now())
    }
}

#[test]
fn calls_of_before_are_in_each_window() {
    let mut first = over(PERIOD);
    first.go_on(400, [1, 9]);
    let mut second = over(PERIOD);
    assert!(second.restore(&first.saved(), 0));
    assert_eq!(second.availability(), first.availability());
    assert!(second.burns().into_iter().zip(first.burns()).all(|(second, first)| are_near(second, first)));
}

#[test]
fn calls_of_before_leave_as_time_passes() {
    let mut first = over(PERIOD);
    first.go_on(1, [5, 5]);
    let saved = first.saved();
    for (age, asked) in [(0, 10), (PERIOD - 40, 10), (PERIOD, 0), (u64::MAX / STEP.0, 0)] {
        let mut second = over(PERIOD);
        assert!(second.restore(&saved, age));
        assert_eq!(second.availability().asked.calls, asked, "{age}");
    }
    let mut second = over(PERIOD);
    assert!(second.restore(&saved, 0));
    second.step += PERIOD + 30;
    assert_eq!(second.availability().asked.calls, 0);
}

#[test]
fn an_alert_that_fires_is_told_to_the_new_process() {
    let mut first = over(PERIOD);
    first.go_on(360, [1, 1]);
    let mut second = over(PERIOD);
    second.restore(&first.saved(), 1);
    second.look();
    assert!(first.firing()[0] && second.firing()[0]);
    assert!(second.changes.iter().any(|change| change.is_firing && change.at == Nanos(0)));
}

#[test]
fn an_objective_that_has_seen_a_call_stays() {
    let (mut first, mut second) = (over(PERIOD), over(PERIOD));
    first.go_on(1, [1, 0]);
    second.record(Call::Fast, 1);
    assert!(!second.restore(&first.saved(), 0));
    assert_eq!(second.availability().asked, Asked { calls: 1, bad: 0 });
}

#[test]
fn the_total_since_the_build_is_that_of_this_process() {
    let (mut first, mut second) = (over(PERIOD), over(PERIOD));
    first.go_on(1, [1, 0]);
    assert!(second.restore(&first.saved(), 0));
    second.record(Call::Fast, 1);
    second.look();
    let since_build = second.ledger.asked_over(Indicator::Availability, None);
    assert_eq!(since_build, Some(Asked { calls: 1, bad: 0 }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 50, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_restored_objective_shows_what_the_first_one_would(
        before in prop::collection::vec((0..5_000_u64, 0..5_u64, 0..5_u64), 0..12),
        after in prop::collection::vec((0..5_000_u64, 0..5_u64, 0..5_u64), 0..6),
    ) {
        let mut first = over(PERIOD);
        for (steps, bad, fast) in before {
            first.step += steps;
            first.go_on(1, [bad, fast]);
        }
        let mut second = over(PERIOD);
        second.step = first.step;
        prop_assert!(second.restore(&first.saved(), 0));
        for (steps, bad, fast) in after {
            for objective in [&mut first, &mut second] {
                objective.step += steps;
                objective.go_on(1, [bad, fast]);
            }
            prop_assert_eq!(first.availability(), second.availability());
        }
    }
}
