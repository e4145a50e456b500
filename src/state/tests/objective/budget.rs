//! Claims about the budget, by tables that were computed by hand.

use std::time::Duration;

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn without_calls_nothing_is_used() {
    let mut objective = over(MONTH);
    let seen = objective.availability();
    assert!(seen.used() <= 0.0 && seen.left() >= 1.0);
    assert_eq!((seen.is_exhausted(), seen.exhausted_in()), (false, None));
    assert_eq!(seen.asked.success_rate(), None);
    assert!(objective.burns().iter().all(|burn| *burn <= 0.0));
    assert_eq!(objective.firing(), [false; 4]);
}

/// 100,000 calls may have 100 bad ones.
#[test]
fn a_budget_is_used_by_bad_calls() {
    // How many are bad, what is used, what is left, and whether nothing is.
    let rows = [
        (0, 0.0, 1.0, false),
        (1, 0.01, 0.99, false),
        (50, 0.5, 0.5, false),
        (99, 0.99, 0.01, false),
        (100, 1.0, 0.0, true),
        (150, 1.5, 0.0, true),
    ];
    for (bad, used, left, is_exhausted) in rows {
        let mut objective = over(MONTH);
        objective.go_on(1, [bad, 100_000 - bad]);
        let seen = objective.availability();
        assert!(are_near(seen.used(), used) && (seen.left() - left).abs() < 1e-9, "{bad}: {seen:?}");
        assert_eq!(seen.is_exhausted(), is_exhausted, "{bad}");
        assert!(are_near(seen.target.allowed_of(seen.asked), 100.0));
        assert_eq!(seen.target.is_met(seen.asked), bad <= 100, "{bad}");
    }
}

/// 207 are 6.9 % of 3,000, and 3,455 are 6.91 % of 50,000: neither share is a number in binary.
#[test]
fn a_budget_is_used_up_by_the_call_that_exhausts_it() {
    for (share, calls, bad) in [(0.931, 3_000, 207), (0.9309, 50_000, 3_455), (0.932, 750, 51), (0.9325, 3_600, 243)] {
        let target = target(share);
        let used = |bad| target.burn(Asked { calls, bad });
        assert!(target.is_exhausted(Asked { calls, bad }) && target.is_met(Asked { calls, bad }));
        assert!(used(bad - 1) < 1.0 && used(bad) >= 1.0 && used(bad) <= 1.0 && used(bad + 1) > 1.0, "{}", used(bad));
    }
}

/// What each target allows, as the tables of availability have it.
#[test]
fn the_allowed_downtime_is_the_part_of_the_period_that_may_be_bad() {
    // 99.9 % of a year is 8.76 hours.
    let rows = [
        (0.99, 365, 315_360),
        (0.999, 365, 31_536),
        (0.9999, 365, 3_153),
        (0.999, 30, 2_592),
        (0.9999, 30, 259),
        (0.99, 7, 6_048),
    ];
    for (share, days, seconds) in rows {
        let rules = Rules { targets: [Some(target(share)), None], period: days * STEPS_PER_DAY, min_bad: 5 };
        let downtime = Objective::new(rules).availability().allowed_downtime();
        assert_eq!(downtime.as_secs(), seconds, "{share} over {days} days");
    }
}

#[test]
fn it_is_exhausted_when_the_burn_of_the_last_hour_has_used_the_rest() {
    let mut objective = over(MONTH);
    // 10 bad ones of 10,000 burn at 1: with half of the budget used, the other half lasts 15 days.
    objective.go_on(HOUR, [0, 1_000]);
    objective.go_on(HOUR, [1, 999]);
    let seen = objective.availability();
    // The step that has just begun takes the place of the first one of the hour.
    assert_eq!(seen.windows[BurnWindow::Hour as usize], Asked { calls: 359_000, bad: 359 });
    assert!(are_near(seen.burn(BurnWindow::Hour), 1.0) && are_near(seen.used(), 0.5));
    assert!(seen.exhausted_in().is_some_and(|left| left.abs_diff(15 * DAY) < Duration::from_secs(1)), "{seen:?}");
}

#[test]
fn what_is_exhausted_has_no_time_left() {
    let mut objective = over(MONTH);
    objective.go_on(1, [1, 0]);
    assert_eq!(objective.availability().exhausted_in(), Some(Duration::ZERO));
}

#[test]
fn an_hour_without_bad_calls_says_nothing_of_when_it_is_exhausted() {
    let mut objective = over(MONTH);
    objective.go_on(1, [1, 9_999]);
    objective.go_on(HOUR, [0, 1]);
    assert_eq!(objective.availability().exhausted_in(), None);
}

/// Half of the calls fail for one hour of a day: by hand, for 6 calls a minute and a target of 99 %.
#[test]
fn burn_rates_are_those_of_a_table_by_hand() {
    let mut objective = Objective::new(Rules { targets: [Some(target(0.99)), None], period: MONTH, min_bad: 5 });
    objective.go_on(23 * HOUR, [0, 2]);
    objective.go_on(HOUR, [1, 1]);
    objective.step -= 1;
    // In the bucket of now: bad calls of all, over 0.01.
    let rows = [
        (BurnWindow::FiveMinutes, 30.0 / 60.0),
        (BurnWindow::HalfHour, 180.0 / 360.0),
        (BurnWindow::Hour, 360.0 / 720.0),
        (BurnWindow::TwoHours, 360.0 / 1_440.0),
        (BurnWindow::SixHours, 360.0 / 4_320.0),
        (BurnWindow::Day, 360.0 / 17_280.0),
        (BurnWindow::ThreeDays, 360.0 / 17_280.0),
    ];
    let seen = objective.availability();
    for (window, share) in rows {
        assert!(are_near(seen.burn(window), share / 0.01), "{window:?}: {seen:?}");
    }
}

#[test]
fn latency_asks_the_successes_alone() {
    let rules = Rules { targets: [Some(target(0.99)), Some(target(0.9))], period: MONTH, min_bad: 5 };
    let mut objective = Objective::new(rules);
    objective.record(Call::Bad, 10);
    objective.record(Call::Slow, 9);
    objective.record(Call::Fast, 81);
    assert_eq!(objective.availability().asked, Asked { calls: 100, bad: 10 });
    assert_eq!(objective.seen(Indicator::Latency).asked, Asked { calls: 90, bad: 9 });
}
