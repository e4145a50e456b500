//! Claims about when a circuit opens, and what probes decide.

mod probes;
mod trip;

use crate::state::circuit::Rules;
use crate::state::counts::Counts;
use crate::state::tests::OFF;
use crate::time::Nanos;

fn counts(calls: u64, failures: u64, slow: u64, consecutive: u32) -> Counts {
    Counts { calls, failures, throttled: 0, slow, consecutive }
}

fn failing(rate: f64) -> Rules {
    Rules { failure_rate: Some(rate), ..OFF }
}

fn throttling(rate: f64) -> Rules {
    Rules { throttled_rate: Some(rate), ..OFF }
}

fn slow(rate: f64) -> Rules {
    Rules { slow_rate: Some((rate, Nanos(10))), ..OFF }
}

fn consecutive(failures: u32) -> Rules {
    Rules { consecutive: Some(failures), ..OFF }
}
