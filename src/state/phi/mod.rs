//! Suspects a node by its silence: the phi accrual failure detector of Hayashibara et al. (2004).
//!
//! Phi is `-log10(1 - F(silence))`, where `F` is the normal distribution with the mean and deviation of the node's last
//! intervals. `F` is approximated as Akka does: `1 / (1 + exp(-u))` with `u = y (1.5976 + 0.070566 y^2)` at `y` deviations. The
//! approximation is off by at most 0.00014 in `F`. In phi that is much where `F` is near 1: from 3 deviations on it is higher than
//! that of the normal distribution. In this form phi is finite, and never falls while a node is silent.
//!
//! Exact: means and deviations are of whole microseconds and do not drift. A node is suspected from the moment at which phi is the
//! threshold, which is computed once a beat, to some nanoseconds.

mod alarm;
pub(crate) mod history;
mod nodes;
pub(crate) mod pulse;

use std::f64::consts::LN_10;

pub(crate) use self::alarm::Alarm;
pub(crate) use self::history::MAX_SAMPLES;
pub(crate) use self::nodes::{Beat, Nodes, Seen};
pub(crate) use self::pulse::Rules;

/// Where a tally counts the suspicions that were told.
pub(crate) const SUSPICIONS: usize = 0;

const LINEAR: f64 = 1.5976;
const CUBIC: f64 = 0.070_566;

/// Phi at this many deviations after the mean.
pub(crate) fn phi(deviations: f64) -> f64 {
    let u = deviations * (LINEAR + CUBIC * deviations * deviations);
    // Both are log10(1 + exp(u)); neither overflows.
    if u > 0.0 { (u + (-u).exp().ln_1p()) / LN_10 } else { u.exp().ln_1p() / LN_10 }
}

/// How many deviations after the mean phi is this: the inverse of [`phi`], by the one real root of a cubic.
pub(crate) fn deviations(phi: f64) -> f64 {
    let scaled = phi * LN_10;
    // ln(exp(scaled) - 1), without an overflow.
    let u = scaled + (-(-scaled).exp()).ln_1p();
    let (p, q) = (LINEAR / CUBIC, u / CUBIC);
    let root = (p / 3.0).sqrt();
    2.0 * root * ((1.5 * q / (p * root)).asinh() / 3.0).sinh()
}
