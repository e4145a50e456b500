//! Claims about faults: who meets them, how many, and for how long.

mod draws;
mod replicas;
mod runs;
mod shares;

use std::ops::Range;
use std::time::Duration;

use crate::state::chaos::counted::FaultKind;
use crate::state::chaos::{Delay, Effect, FaultRate, Met, Plan, Rules, Runs, Terms};
use crate::time::Nanos;

const S: u64 = 1_000_000_000;

const ALWAYS: Range<Nanos> = Nanos(0)..Nanos::MAX;

fn fault(effect: Effect, rate: impl Into<FaultRate>) -> Terms {
    Terms { effect, rate: rate.into(), during: ALWAYS }
}

fn failing(rate: impl Into<FaultRate>) -> Terms {
    fault(Effect::End(FaultKind::Fail), rate)
}

fn slow(rate: f64, seconds: u64) -> Terms {
    fault(Effect::Delay(Delay::constant(Duration::from_secs(seconds))), rate)
}

/// No share is too large.
fn rules(faults: Vec<Terms>) -> Rules {
    Rules { faults, seed: 7, max_share: 1.0 }
}

/// What these calls meet, one at each moment, in a run of ten minutes.
fn meet(rules: &Rules, moments: impl IntoIterator<Item = u64>) -> Vec<Option<Plan>> {
    let mut runs = Runs::default();
    runs.start(Nanos(0)..Nanos(600 * S), FaultRate::from(1.0));
    let met = moments.into_iter().map(|at| match runs.meet(rules, true, Nanos(at)) {
        Met::Faults(_, plan) => Some(plan),
        _ => None,
    });
    met.collect()
}
