//! Objectives. What they decide is claimed in `src/state/tests/objective/`.

mod events;
mod feeds;
mod figures;
mod gate;
mod metrics;
mod settings;

use std::time::Duration;

use palisade::objective::{BurnWindow, Indicator, Severity};
use palisade::{IndicatorSnapshot, Objective, ObjectiveBuilder, Outcome, Registry};
use tokio::time::advance;

use crate::support::time::{MILLI, SECOND};

const HOUR: Duration = Duration::from_secs(3_600);

fn builder() -> ObjectiveBuilder {
    Objective::builder("checkout").availability(0.999).registry(&Registry::new())
}

/// How many calls are asked, and how many of them are bad.
fn asked(seen: Option<IndicatorSnapshot>) -> [u64; 2] {
    seen.map(|seen| [seen.asked, seen.bad]).expect("it has this target")
}

fn record(objective: &Objective, outcome: Outcome, times: u64) {
    (0..times).for_each(|_| objective.record(outcome, MILLI));
}

/// The severities of alerts that fire.
fn firing(seen: Option<IndicatorSnapshot>) -> Vec<Severity> {
    let alerts = seen.expect("it has this target").alerts;
    alerts.into_iter().filter(|alert| alert.is_firing).map(|alert| alert.severity).collect()
}
