//! Claims about when alerts fire.

use super::*;

/// Each change, as text: after how many steps, which alert, and whether it fires.
fn told(objective: &mut Objective, steps: u64, calls: [u64; 2]) -> Vec<(u64, usize, bool)> {
    let began = objective.step;
    let mut told = Vec::new();
    for _ in 0..steps {
        objective.go_on(1, calls);
        objective.look();
        let step = objective.step - began;
        let number =
            |change: &Change| ALERTS.iter().position(|alert| alert.long == change.alert.long).expect("it is one");
        told.extend(objective.changes.drain(..).map(|change| (step, number(&change), change.is_firing)));
    }
    told
}

#[test]
fn an_outage_fires_each_alert_once_and_resolves_it_once() {
    let mut objective = over(MONTH);
    objective.go_on(24 * HOUR, [0, 10]);
    objective.look();
    objective.changes.clear();
    // In the hour it takes 14.4 / 1000 of 360 steps, so 6 of them; in six hours, 13; in a day, 26; in three days, as there is only one, 9.
    let outage = told(&mut objective, 30, [10, 0]);
    assert_eq!(outage, [(6, 0, true), (9, 3, true), (13, 1, true), (26, 2, true)]);
    let after = told(&mut objective, 7 * HOUR, [0, 10]);
    // Each ends with its short window: the bad calls leave that after 5 min, 30 min, and, in buckets of 5 min, 2 h and 6 h.
    let ends: Vec<_> = after.iter().map(|&(_, number, is_firing)| (number, is_firing)).collect();
    assert_eq!(ends, [(0, false), (1, false), (2, false), (3, false)]);
}

#[test]
fn both_windows_must_burn() {
    let mut objective = over(MONTH);
    objective.go_on(HOUR, [1, 9]);
    assert!(objective.firing()[0]);
    // Five minutes without a bad call end it, though the hour burns still.
    objective.go_on(5 * MINUTE, [0, 10]);
    let seen = objective.availability();
    assert!(!seen.firing[0] && seen.burn(BurnWindow::Hour) > 14.4);
}

#[test]
fn silence_ends_a_page() {
    let mut objective = over(MONTH);
    objective.go_on(HOUR, [10, 0]);
    assert_eq!(objective.firing()[..2], [true; 2]);
    objective.step += 5 * MINUTE;
    assert_eq!(objective.firing()[..2], [false, true]);
    objective.step += 30 * MINUTE;
    assert_eq!(objective.firing()[..2], [false; 2]);
}

#[test]
fn fewer_bad_calls_than_are_asked_for_fire_nothing() {
    for (bad, is_firing) in [(1, false), (4, false), (5, true), (10, true)] {
        let mut objective = over(MONTH);
        objective.go_on(1, [bad, 10 - bad]);
        assert_eq!(objective.firing(), [is_firing; 4], "{bad}");
    }
}

#[test]
fn with_no_least_number_one_bad_call_fires() {
    for (min_bad, is_firing) in [(0, true), (1, true), (2, false), (u64::MAX, false)] {
        let rules = Rules { targets: [Some(target(0.999)), None], period: MONTH, min_bad };
        let mut objective = Objective::new(rules);
        assert_eq!(objective.firing(), [false; 4], "none are bad of none");
        objective.record(Call::Bad, 1);
        assert_eq!(objective.firing(), [is_firing; 4], "{min_bad}");
    }
}

#[test]
fn each_indicator_has_alerts_of_its_own() {
    let rules = Rules { targets: [Some(target(0.999)), Some(target(0.95))], period: MONTH, min_bad: 5 };
    let mut objective = Objective::new(rules);
    objective.record(Call::Slow, 90);
    objective.record(Call::Fast, 10);
    assert_eq!(objective.availability().firing, [false; 4]);
    assert_eq!(objective.seen(Indicator::Latency).firing, [true; 4]);
    assert!(objective.changes.iter().all(|change| change.indicator == Indicator::Latency));
}

#[test]
fn what_gates_heed_is_the_burn_of_the_last_hour_that_still_lasts() {
    let mut objective = over(MONTH);
    objective.go_on(HOUR, [1, 99]);
    objective.look();
    assert!(are_near(objective.calls.burn(), 10.0), "{}", objective.calls.burn());
    objective.go_on(3 * MINUTE, [0, 100]);
    objective.look();
    // 11 of the last 29 whole steps were bad.
    assert!(are_near(objective.calls.burn(), 10.0 * 11.0 / 29.0), "{}", objective.calls.burn());
    objective.go_on(2 * MINUTE, [0, 100]);
    objective.look();
    assert!(objective.calls.burn() <= 0.0);
}

#[test]
fn few_bad_calls_close_no_gate() {
    let mut objective = over(MONTH);
    objective.go_on(1, [4, 0]);
    objective.look();
    assert!(objective.calls.burn() <= 0.0);
    objective.go_on(1, [1, 0]);
    objective.look();
    assert!(are_near(objective.calls.burn(), 1_000.0));
}
