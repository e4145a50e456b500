//! Claims about what may be set, and about the answers.

use palisade::ConfigError;

use super::*;

fn refused(builder: ObjectiveBuilder) -> String {
    builder.build().map(drop).expect_err("it is not legal").to_string()
}

#[test]
fn what_is_not_legal_is_refused() {
    let new = || Objective::builder("checkout");
    let rows = [
        (new(), "objective `checkout`: `availability` is unset, but must be set, unless `latency` is"),
        (
            builder().availability(f64::NAN),
            "objective `checkout`: `availability` is NaN, but must be between 0 and 1, to the nearest billionth",
        ),
        (
            builder().availability(0.0),
            "objective `checkout`: `availability` is 0, but must be between 0 and 1, to the nearest billionth",
        ),
        (
            builder().availability(1.0),
            "objective `checkout`: `availability` is 1, but must be between 0 and 1, to the nearest billionth",
        ),
        (
            builder().availability(0.999_999_999_9),
            "objective `checkout`: `availability` is 0.9999999999, but must be between 0 and 1, to the nearest billionth",
        ),
        (
            new().latency(1.5, SECOND),
            "objective `checkout`: `latency` is 1.5, but must be between 0 and 1, to the nearest billionth",
        ),
        (new().latency(0.99, Duration::ZERO), "objective `checkout`: `limit` is 0ns, but must be more than zero"),
        (builder().over_days(2), "objective `checkout`: `over` is 172800s, but must be 3 to 366 days"),
        (builder().over_days(367), "objective `checkout`: `over` is 31708800s, but must be 3 to 366 days"),
        (builder().over(Duration::ZERO), "objective `checkout`: `over` is 0ns, but must be 3 to 366 days"),
        (
            builder().availability(0.9),
            "objective `checkout`: `availability` is 0.9, but must be at least 0.930555556, so that each alert can fire over this period",
        ),
        (Objective::builder("").availability(0.999), "objective: `name` is \"\", but must be 1 to 64 bytes"),
    ];
    for (builder, expected) in rows {
        assert_eq!(refused(builder), expected);
    }
    assert!(refused(builder().over(Duration::MAX)).contains("3 to 366 days"));
    assert!(refused(builder().over_days(u32::MAX)).contains("3 to 366 days"));
}

#[test]
fn a_refused_target_says_from_which_one_on_it_is_legal() {
    for days in [3, 7, 30, 366] {
        let error: ConfigError = builder().availability(0.001).over_days(days).build().expect_err("no alert can fire");
        let least: f64 = error.legal().split([' ', ',']).nth(2).unwrap().parse().unwrap();
        assert!(builder().availability(least).over_days(days).build().is_ok(), "{days} days: {error}");
        assert!(builder().availability(least - 2e-9).over_days(days).build().is_err(), "{days} days: {error}");
    }
}

#[test]
fn each_knob_may_be_at_its_ends() {
    let ends = [
        builder().min_bad(0),
        builder().min_bad(u64::MAX),
        builder().recovery(Duration::ZERO),
        builder().recovery(Duration::MAX),
        builder().latency(0.99, Duration::from_nanos(1)),
        builder().latency(0.99, Duration::MAX),
        builder().over_days(3),
        builder().over_days(366),
        builder().runbook_url(""),
    ];
    for builder in ends {
        let objective = builder.build().unwrap();
        objective.record(Outcome::Failed, Duration::MAX);
        objective.record(Outcome::Success, Duration::MAX);
        assert!(objective.is_exhausted() && !objective.is_met(), "{objective:?}");
    }
}

#[test]
fn a_period_is_lengthened_to_whole_buckets_of_five_minutes() {
    let objective = builder().over(72 * HOUR + SECOND).build().unwrap();
    // A thousandth of 3 days and 5 minutes.
    let downtime = objective.availability().map(|seen| seen.allowed_downtime);
    assert_eq!(downtime, Some(Duration::from_millis(259_500)));
}

#[tokio::test(start_paused = true)]
async fn an_answer_has_all_that_a_budget_is() {
    let objective = builder().over_days(365).build().unwrap();
    record(&objective, Outcome::Success, 9_995);
    record(&objective, Outcome::Failed, 5);
    let seen = objective.availability().unwrap();
    assert_eq!((seen.indicator, seen.asked, seen.bad, seen.is_exhausted), (Indicator::Availability, 10_000, 5, false));
    assert_eq!((seen.target, seen.success_rate, seen.allowed), (0.999, Some(0.9995), 10.0));
    assert_eq!((seen.used, seen.left, seen.burn(BurnWindow::Hour)), (0.5, 0.5, 0.5));
    assert_eq!(seen.allowed_downtime, Duration::from_secs(31_536), "8.76 hours a year");
    assert_eq!(seen.exhausted_in, Some(365 * 24 * HOUR));
    assert_eq!(objective.latency(), None);
    assert_eq!(objective.name().as_str(), "checkout");
}

#[tokio::test(start_paused = true)]
async fn the_worst_indicator_is_nearer_to_exhaustion() {
    let objective = builder().availability(0.99).latency(0.99, 10 * MILLI).build().unwrap();
    assert_eq!(objective.worst().indicator, Indicator::Availability);
    record(&objective, Outcome::Success, 999);
    objective.record(Outcome::Success, SECOND);
    assert_eq!((objective.worst().indicator, objective.worst().used), (Indicator::Latency, 0.1));
    record(&objective, Outcome::Failed, 2);
    assert_eq!(objective.worst().indicator, Indicator::Availability);
    record(&objective, Outcome::Failed, 20);
    assert!(objective.is_exhausted() && !objective.is_met());
}

#[tokio::test(start_paused = true)]
async fn a_success_at_the_limit_is_fast() {
    let objective = builder().latency(0.99, 200 * MILLI).build().unwrap();
    for took in [Duration::ZERO, 200 * MILLI, 200 * MILLI + Duration::from_nanos(1), Duration::MAX] {
        objective.record(Outcome::Success, took);
    }
    objective.record(Outcome::Failed, SECOND);
    assert_eq!((asked(objective.availability()), asked(objective.latency())), ([5, 1], [4, 2]));
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_took_too_long_breaks_the_objective() {
    let objective = builder().recovery(HOUR / 12).build().unwrap();
    record(&objective, Outcome::Success, 100_000);
    for _ in 0..6 {
        record(&objective, Outcome::Failed, 1);
        advance(10 * SECOND).await;
    }
    // Too few are bad for the budget, and enough of those that come after for a page.
    assert_eq!((objective.is_met(), firing(objective.availability())), (true, Vec::new()));
    advance(6 * HOUR).await;
    record(&objective, Outcome::Failed, 5);
    assert_eq!(firing(objective.availability())[..2], [Severity::Page; 2]);
    assert!(objective.is_met(), "it has just begun to fail");
    advance(299 * SECOND).await;
    assert!(objective.is_met());
    advance(2 * SECOND).await;
    assert!(!objective.is_met() && !objective.is_exhausted());
    // The failure ends with the half hour, and leaves the period.
    advance(30 * 24 * HOUR + HOUR).await;
    assert!(objective.is_met());
}
