//! The cases that Netflix' concurrency-limits publishes for its limits, as far as rounds allow.
//!
//! Of `AIMDLimitTest` all but `testDefault`. Of `VegasLimitTest` those without functions and smoothing of one's own, with these
//! differences: a first round is not only looked at, the limit grows by a logarithm and not by six, and the queue is not rounded
//! up. `Gradient2Limit` has no tests there.

use super::*;

/// The limit after a round in which so many were in flight.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "limits here are small")]
fn limit(algorithm: &mut impl LimitAlgorithm, limit: f64, millis: u64, in_flight: usize, drops: u64) -> u64 {
    let mut round = full(limit, millis);
    (round.max_in_flight, round.drops) = (in_flight, drops);
    algorithm.after(&round) as u64
}

#[test]
fn aimd_increase_on_success() {
    assert_eq!(limit(&mut Aimd, 20.0, 1, 10, 0), 21);
}

#[test]
fn aimd_decrease_on_drops() {
    assert_eq!(limit(&mut Aimd, 30.0, 0, 0, 1), 27);
}

#[test]
fn aimd_success_overflow() {
    let bounds = Bounds { initial: 21, max: 21, ..BOUNDS };
    let places = Adaptive::new(bounds, |round| Aimd.after(round));
    for _ in 0..10 {
        places.end_beside(9, Sample::Success, 99, 100);
    }
    assert_eq!((places.asked(), places.permits.limit()), (1, 21));
}

#[test]
fn vegas_large_limit_increase() {
    let mut vegas = Vegas::default();
    limit(&mut vegas, 10_000.0, 10_000, 5_000, 0);
    assert_eq!(limit(&mut vegas, 10_000.0, 10_000, 6_000, 0), 10_004, "10,024 there");
}

#[test]
fn vegas_increase_limit() {
    let mut vegas = Vegas::default();
    limit(&mut vegas, 10.0, 10, 10, 0);
    assert_eq!(limit(&mut vegas, 10.0, 10, 11, 0), 11, "16 there");
}

#[test]
fn vegas_decrease_limit() {
    let mut vegas = Vegas::default();
    limit(&mut vegas, 10.0, 10, 10, 0);
    assert_eq!(limit(&mut vegas, 10.0, 50, 11, 0), 9);
}

#[test]
fn vegas_no_change_if_within_thresholds() {
    let mut vegas = Vegas::default();
    limit(&mut vegas, 10.0, 10, 10, 0);
    assert_eq!(limit(&mut vegas, 10.0, 15, 14, 0), 10, "at 14 ms there, where 2.9 that wait are 3");
}
