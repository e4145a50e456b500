//! Claims about the bucket of a rate limit. `S` is a second.

mod beside_governor;
mod model;
mod restored;
mod set;
mod shut;
mod taking;
mod turns;

use std::time::Duration;

use crate::state::bucket::{Bucket, Turn};
use crate::state::keys::Retention;
use crate::state::rate::Rate;
use crate::time::Nanos;

const S: u64 = 1_000_000_000;
const MS: u64 = 1_000_000;

const fn at(nanos: u64) -> Nanos {
    Nanos(nanos)
}

/// One call each second.
fn bucket(burst: u32) -> Bucket {
    Bucket::new(Rate::per_second(1), burst)
}

/// Takes calls for now: whether they pass, and if not, when they would.
fn take(bucket: &Bucket, calls: u32, now: u64) -> Result<(), Option<u64>> {
    bucket.take(calls, at(now), at(now)).map(drop).map_err(|after| after.map(|after| after.0))
}

/// Takes one call at a time until one is refused.
fn take_all(bucket: &Bucket, now: u64) -> u32 {
    let mut taken = 0;
    while take(bucket, 1, now).is_ok() {
        taken += 1;
    }
    taken
}

/// Reserves a turn that may be as late as it likes.
fn reserve(bucket: &Bucket, calls: u32, now: u64) -> Turn {
    bucket.take(calls, at(now), Nanos::MAX).expect("it may wait")
}

fn available(bucket: &Bucket, now: u64) -> u32 {
    bucket.view(at(now)).available
}
