//! Claims about targets, and about the alerts that can fire with them.

use super::*;

#[test]
fn a_target_is_between_zero_and_one() {
    for legal in [1e-9, 0.5, 0.9, 0.999, 0.999_999_999] {
        assert!(Target::new(legal).is_some_and(|target| are_near(target.share(), legal)), "{legal}");
    }
    let illegal =
        [0.0, -1.0, 1.0, 1.1, 1.0 - 1e-10, 1e-10, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN, f64::MAX];
    for illegal in illegal {
        assert_eq!(Target::new(illegal), None, "{illegal}");
    }
}

#[test]
fn a_share_is_the_number_that_was_written() {
    for share in [0.9, 0.99, 0.999, 0.9999, 0.99999, 0.95, 0.995, 0.9995] {
        assert_eq!(target(share).share().to_string(), share.to_string());
    }
}

/// The workbook's for 30 days; others are its shares of the budget, by hand.
#[test]
fn thresholds_are_those_of_the_workbook_scaled_to_the_period() {
    let rows = [
        (30, [14.4, 6.0, 3.0, 1.0]),
        (7, [3.36, 1.4, 0.7, 7.0 / 30.0]),
        (28, [13.44, 5.6, 2.8, 28.0 / 30.0]),
        (90, [43.2, 18.0, 9.0, 3.0]),
        (3, [1.44, 0.6, 0.3, 0.1]),
    ];
    for (days, expected) in rows {
        let thresholds = ALERTS.each_ref().map(|alert| alert.threshold(days * STEPS_PER_DAY));
        for (threshold, expected) in thresholds.into_iter().zip(expected) {
            assert!(are_near(threshold, expected), "{days} days: {thresholds:?}");
        }
    }
}

#[test]
fn an_alert_fires_with_its_least_target_and_not_below_it() {
    for period in [3, 7, 30, 366].map(|days| days * STEPS_PER_DAY) {
        for alert in &ALERTS {
            let all_bad = Asked { calls: 1_000_000_000, bad: 1_000_000_000 };
            let least = alert.least_target(period);
            assert!(alert.is_reached(period, least, all_bad), "{alert:?} over {period}");
            let below = Target::new(least.share() - 1e-9);
            assert!(below.is_none_or(|below| !alert.is_reached(period, below, all_bad)), "{alert:?} over {period}");
        }
    }
}

#[test]
fn over_a_month_a_page_can_fire_from_a_burn_of_14_4_on() {
    // 1 - 1 / 14.4, in billionths.
    assert_eq!(ALERTS[0].least_target(MONTH).share().to_string(), "0.930555556");
}

#[test]
fn no_number_of_calls_is_too_large_to_compare() {
    let most = Asked { calls: u64::MAX, bad: u64::MAX };
    for target in [1e-9, 0.999_999_999].map(target) {
        for alert in &ALERTS {
            alert.is_reached(366 * STEPS_PER_DAY, target, most);
        }
        assert!(target.is_exhausted(most) && !target.is_met(most));
    }
}

#[test]
fn a_threshold_is_reached_by_the_call_that_makes_it() {
    // 14.4 x 0.001 x 10,000 = 144.
    let page = |bad| ALERTS[0].is_reached(MONTH, target(0.999), Asked { calls: 10_000, bad });
    assert_eq!([143, 144, 145].map(page), [false, true, true]);
}
