//! Claims about the figures and the story of an objective.

use std::time::SystemTime;

use palisade::event::Kind;
use palisade::registry::Failure;
use palisade::{MeasureLayer, Timeline};

use super::*;
use crate::support::time::YEAR;

/// Fails for an hour, and is well for a day before and after.
async fn outage(objective: &Objective) {
    for (hours, bad, good) in [(24, 0, 100), (1, 50, 50), (24, 0, 100)] {
        for _ in 0..12 * hours {
            record(objective, Outcome::Failed, bad);
            record(objective, Outcome::Success, good);
            advance(HOUR / 12).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_figures_are_those_of_the_time_in_which_a_page_fires() {
    let registry = Registry::new();
    let objective = builder().registry(&registry).build().unwrap();
    outage(&objective).await;
    let figures = objective.figures(None);
    // From the step after the first 50 bad ones, to when the last have left the half hour.
    let downtime = (55 * HOUR / 60 + HOUR / 2).saturating_sub(10 * SECOND);
    let operating = (49 * HOUR).saturating_sub(downtime);
    assert_eq!((figures.failures, figures.downtime, figures.longest), (1, downtime, downtime));
    assert_eq!((figures.mttr, figures.mtbf), (Some(downtime), Some(operating)));
    assert_eq!(figures.success_rate, Some(58_200.0 / 58_800.0));
    assert!((figures.availability - operating.as_secs_f64() / (49 * HOUR).as_secs_f64()).abs() < 1e-12);
    let named = registry.figures(None);
    assert_eq!((named.len(), named[0].kind, named[0].figures), (1, Kind::Objective, figures));
}

#[tokio::test(start_paused = true)]
async fn figures_over_a_window_are_those_of_what_lies_in_it() {
    let objective = builder().build().unwrap();
    outage(&objective).await;
    let last = objective.figures(Some(23 * HOUR));
    assert_eq!((last.failures, last.success_rate, last.mttr), (0, Some(1.0), None));
    let longer = objective.figures(Some(31 * 24 * HOUR));
    assert_eq!((longer.failures, longer.success_rate), (1, None), "it is longer than the period");
}

/// All that has happened.
fn story(registry: &Registry) -> Timeline {
    registry.timeline(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + 1_000 * YEAR)
}

#[tokio::test(start_paused = true)]
async fn a_page_is_a_failure_of_the_timeline() {
    let registry = Registry::new();
    let objective = builder().registry(&registry).build().unwrap();
    outage(&objective).await;
    let seen = |failure: &Failure| (failure.kind, failure.reason, failure.lasted, failure.ended.is_some());
    let lasted = objective.figures(None).downtime;
    assert_eq!(
        story(&registry).failures.iter().map(seen).collect::<Vec<_>>(),
        [(Kind::Objective, "availability", lasted, true)]
    );
    record(&objective, Outcome::Failed, 500);
    assert!(!objective.is_met());
    objective.record_degraded();
    let last = story(&registry).failures.pop().expect("it fails again");
    assert_eq!((last.ended, last.rejected, last.degraded, last.lost), (None, 0, Some(1), None));
}

#[tokio::test(start_paused = true)]
async fn a_measure_of_the_name_knows_which_calls_a_page_lost() {
    let registry = Registry::new();
    let objective = builder().registry(&registry).build().unwrap();
    let layer = MeasureLayer::builder("checkout").objective(&objective).registry(&registry).build().unwrap();
    let fail = || layer.handle().begin().settle(Outcome::Failed);
    (0..5).for_each(|_| fail());
    assert!(!firing(objective.availability()).is_empty());
    (0..3).for_each(|_| fail());
    let failure = &story(&registry).failures[0];
    assert_eq!((failure.degraded, failure.lost), (Some(0), Some(3)));
}

#[tokio::test(start_paused = true)]
async fn alerts_are_a_part_of_the_story() {
    let registry = Registry::new();
    let objective = builder().registry(&registry).build().unwrap();
    record(&objective, Outcome::Failed, 5);
    let told = |happening: &palisade::registry::Happening| happening.what.to_string();
    let first: Vec<_> = story(&registry).happenings.iter().map(told).collect();
    let expected = [
        "alert page of availability fires, burning at 1000.0 over 1h",
        "alert page of availability fires, burning at 1000.0 over 6h",
        "alert notify of availability fires, burning at 1000.0 over 1d",
        "alert ticket of availability fires, burning at 1000.0 over 3d",
    ];
    assert_eq!(first, expected);
    advance(24 * HOUR).await;
    let last = story(&registry).happenings.split_off(4);
    assert_eq!(told(&last[0]), "alert page of availability is resolved, burning at 1000.0 over 1h");
    // Nobody looked when it was resolved, and yet it is known.
    let pause = last[0].at.duration_since(story(&registry).happenings[0].at).unwrap();
    assert!(pause.abs_diff(HOUR / 12) < 2 * SECOND, "{pause:?}");
}
