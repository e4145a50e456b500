//! The figures.

use std::time::Duration;

use palisade::Phase::{self, Closed, HalfOpen, Open};

use super::{millis, seconds};
use crate::played::{Second, mttr, open, percentile};

/// A digit for each second: so many of ten calls were good. A dot has no calls.
fn recovery(good: &str) -> Option<Duration> {
    let second = |digit: char| {
        digit.to_digit(10).map_or(Second::default(), |good| Second { calls: 9, good: good.into(), ..Second::default() })
    };
    mttr(&good.chars().map(second).collect::<Vec<_>>())
}

#[test]
fn an_outage_lasts_from_its_first_bad_second_to_the_next_good_one() {
    for (good, time) in [
        ("", None),
        ("9999", None),
        ("9599", None),
        ("94999", Some(1000)),
        ("9455599", Some(4000)),
        ("940.09", Some(4000)),
        ("9099000999", Some(2000)),
        ("9900", Some(2000)),
        ("9900..", Some(2000)),
        ("0", Some(1000)),
    ] {
        assert_eq!(recovery(good), time.map(millis), "{good:?}");
    }
}

#[test]
fn a_circuit_is_open_from_each_opening_to_the_next_phase() {
    let time = |phases: &[(u64, Phase)]| {
        open(&phases.iter().map(|(at, phase)| (millis(*at), *phase)).collect::<Vec<_>>(), seconds(10)).as_millis()
    };
    assert_eq!(time(&[]), 0);
    assert_eq!(time(&[(0, Closed)]), 0);
    assert_eq!(
        time(&[(0, Closed), (1500, Open), (2750, HalfOpen), (3000, Open), (4000, HalfOpen), (5000, Closed)]),
        2250
    );
    assert_eq!(time(&[(0, Closed), (9999, Open)]), 1);
}

#[test]
fn a_percentile_is_the_nearest_rank() {
    let hundred: Vec<_> = (1..=100).collect();
    for (percent, sorted, expected) in
        [(50, &[][..], 0), (99, &[7], 7), (50, &[1, 2], 1), (99, &[1, 2], 2), (50, &hundred, 50), (99, &hundred, 99)]
    {
        assert_eq!(percentile(percent, sorted), millis(expected), "{percent} % of {}", sorted.len());
    }
}
