//! Claims about how long a backoff waits.

mod jitter;
mod steps;

use std::ops::RangeInclusive;
use std::time::Duration;

use proptest::prelude::*;
use rand::RngExt;
use rand::rngs::SmallRng;

use crate::backoff::{Backoff, Jitter, generator};
use crate::time::Nanos;

pub(super) const SECOND: Nanos = Nanos(1_000_000_000);
pub(super) const TICK: Duration = Duration::from_nanos(1);

/// Draws with this generator.
fn by(rng: &mut SmallRng) -> impl FnOnce(RangeInclusive<u64>) -> u64 {
    |range| rng.random_range(range)
}

pub(super) fn rng() -> SmallRng {
    generator(Some(7))
}

pub(super) fn of(delay: Duration, jitter: Jitter) -> Backoff {
    Backoff::exponential(delay, delay).jitter(jitter)
}

pub(super) fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(Duration::ZERO),
        Just(Duration::MAX),
        (0..100_u64).prop_map(Duration::from_nanos),
        any::<u64>().prop_map(Duration::from_nanos),
        any::<u64>().prop_map(Duration::from_secs),
    ]
}

/// The least of the cap and the base doubled as often as the step says.
pub(super) fn longest(base: Duration, cap: Duration, step: u32) -> u128 {
    let cap = u128::from(Nanos::from(cap).0);
    let double = |delay: u128| (2 * delay).min(cap);
    (0..step.min(64)).fold(u128::from(Nanos::from(base).0).min(cap), |delay, _| double(delay))
}
