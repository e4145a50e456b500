//! Loads that are drawn.

use super::seconds;
use crate::span::Span;
use crate::trace::Trace;
use crate::trace::load::{Load, Rate};

const LOW: f64 = 100.0;
const HIGH: f64 = 500.0;

fn load(lasts: u64, rate: Rate) -> Load {
    Load { lasts: Span(seconds(lasts)), rate }
}

/// How many calls arrive in each second.
fn counts(loads: &[Load], seed: u64) -> Vec<u32> {
    let mut counts = Vec::new();
    for arrival in Trace::Drawn(loads.to_vec()).arrivals(seed) {
        let second = usize::try_from(arrival.at.as_secs()).expect("it is short");
        counts.resize(counts.len().max(second + 1), 0);
        counts[second] += 1;
    }
    counts
}

/// Asserts that the mean of these counts is this rate: five deviations of a Poisson process is one miss in a million.
#[track_caller]
fn are_about(counts: &[u32], rate: f64) {
    let (sum, expected) = (f64::from(counts.iter().sum::<u32>()), rate * counts.iter().map(|_| 1.0).sum::<f64>());
    assert!((sum - expected).abs() <= 5.0 * expected.sqrt(), "{sum} calls, and not {expected}");
}

#[test]
fn a_steady_load_has_its_rate() {
    are_about(&counts(&[load(100, Rate::Steady(HIGH))], 1), HIGH);
}

#[test]
fn a_burst_is_at_the_end_of_each_period() {
    let counts = counts(
        &[load(100, Rate::Burst { low: LOW, high: HIGH, every: Span(seconds(10)), lasts: Span(seconds(2)) })],
        1,
    );
    let (bursts, calm): (Vec<_>, Vec<_>) = (0..).zip(counts).partition(|(second, _)| second % 10 >= 8);
    let of = |seconds: Vec<(u32, u32)>| seconds.into_iter().map(|(_, count)| count).collect::<Vec<_>>();
    are_about(&of(bursts), HIGH);
    are_about(&of(calm), LOW);
}

#[test]
fn a_day_is_lowest_at_its_start_and_highest_at_noon() {
    let counts = counts(&[load(1000, Rate::Diurnal { low: LOW, high: HIGH, day: Span(seconds(1000)) })], 1);
    are_about(&counts, f64::midpoint(LOW, HIGH));
    // Within three hundredths of a day the wave moves by less than a hundredth of its height.
    are_about(&counts[..30], LOW + 1.2);
    are_about(&counts[485..515], HIGH - 0.3);
}

#[test]
fn loads_follow_each_other() {
    let counts = counts(&[load(50, Rate::Steady(LOW)), load(50, Rate::Steady(0.0)), load(50, Rate::Steady(HIGH))], 1);
    are_about(&counts[..50], LOW);
    assert!(counts[50..100].iter().all(|count| *count == 0));
    are_about(&counts[100..], HIGH);
}

#[test]
fn arrivals_are_in_order_and_depend_on_the_seed_alone() {
    let trace = Trace::Drawn(vec![load(10, Rate::Steady(HIGH)), load(10, Rate::Steady(LOW))]);
    let of = |seed| trace.arrivals(seed).collect::<Vec<_>>();
    assert!(of(1).is_sorted_by_key(|arrival| arrival.at));
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn loads_that_nobody_can_play_are_refused() {
    let burst = |every| Rate::Burst { low: LOW, high: HIGH, every: Span(seconds(every)), lasts: Span::default() };
    for (illegal, setting) in [
        (load(1, Rate::Steady(-1.0)), "rate"),
        (load(1, Rate::Steady(f64::NAN)), "rate"),
        (load(1, Rate::Steady(f64::INFINITY)), "rate"),
        (load(1, burst(0)), "rate"),
        (load(u64::MAX, Rate::Steady(1.0)), "lasts"),
        (load(100, Rate::Steady(1e6)), "load"),
    ] {
        let reason = Load::check(&[load(1, Rate::Steady(1.0)), illegal]).unwrap_err();
        assert!(reason.starts_with(&format!("`{setting}` is ")), "{reason}");
    }
}
