//! When a node is suspected.

mod akka;
mod nodes;
mod pulses;
mod watched;

use std::sync::Arc;

use crate::state::phi::Rules;
use crate::time::Nanos;

const SECOND: Nanos = Nanos(1_000_000_000);

/// Akka's settings, without a pause.
const RULES: Rules = Rules {
    threshold: 8.0,
    samples: 1_000,
    min_std_deviation: ms(100),
    acceptable_pause: ms(0),
    first_estimate: ms(1_000),
};

const fn ms(ms: u64) -> Nanos {
    Nanos(ms * 1_000_000)
}

fn assert_close(found: f64, wanted: f64, by: f64, case: &str) {
    assert!((found - wanted).abs() <= by, "{case}: {found}, but wanted {wanted}");
}
