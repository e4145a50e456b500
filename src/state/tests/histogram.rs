//! Claims about the histogram of times.

use std::time::Duration;

use hdrhistogram::Histogram as Hdr;
use proptest::prelude::*;

use super::together;
use crate::state::histogram::{Bucket, Durations, Histogram, octave_of};
use crate::time::Nanos;

/// The shortest time that is told exactly enough.
const SHORTEST: u64 = 1_000;

/// The longest, which longer ones count as.
const LONGEST: u64 = 1 << 36;

fn of(times: impl IntoIterator<Item = u64>) -> Durations {
    let histogram = Histogram::new();
    times.into_iter().for_each(|time| histogram.record(Nanos(time)));
    histogram.read()
}

fn quantile(durations: &Durations, share: f64) -> Option<u64> {
    durations.quantile(share).map(|time| Nanos::of(time).0)
}

/// Of each size alike.
fn times() -> impl Strategy<Value = u64> {
    (0..64_u32, any::<u64>()).prop_map(|(shift, bits)| bits >> shift)
}

fn shares() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(0.5), Just(0.95), Just(0.99), Just(1.0), 0.0..=1.0]
}

/// Whether it is at least `least`, and at most a twentieth more than `most`.
fn is_within_a_twentieth(told: u64, least: u64, most: u64) -> bool {
    let [least, most] = [least, most].map(|time| time.clamp(SHORTEST, LONGEST));
    // In twentieths, so that nothing is rounded.
    told >= least && 20 * told <= 21 * most
}

proptest! {
    #[test]
    fn a_quantile_is_at_most_a_twentieth_above_that_of_all_times(
        times in prop::collection::vec(times(), 1..200),
        share in shares(),
    ) {
        let told = quantile(&of(times.iter().copied()), share).unwrap();
        let mut hdr = Hdr::<u64>::new_with_bounds(1, LONGEST, 3).unwrap();
        for time in &times {
            hdr.saturating_record((*time).max(1));
        }
        let most = hdr.value_at_quantile(share);
        let least = hdr.lowest_equivalent(most);
        prop_assert!(is_within_a_twentieth(told, least, most), "{told} for {least} to {most}");
    }

    #[test]
    fn count_and_sum_are_exact(times in prop::collection::vec(times(), 0..200)) {
        let durations = of(times.iter().copied());
        let sum: Duration = times.iter().copied().map(Duration::from_nanos).sum();
        prop_assert_eq!((durations.count(), durations.sum()), (times.len() as u64, sum));
        let mean = times.iter().copied().map(u128::from).sum::<u128>().checked_div(times.len() as u128);
        prop_assert_eq!(durations.mean().map(|mean| mean.as_nanos()), mean);
    }

    #[test]
    fn a_bucket_counts_the_times_up_to_its_edge(times in prop::collection::vec(times(), 0..200)) {
        for Bucket { le, count } in of(times.iter().copied()).buckets() {
            let fits = |time: &&u64| le.is_none_or(|le| Duration::from_nanos(**time) <= le);
            prop_assert_eq!(count, times.iter().filter(fits).count() as u64, "up to {:?}", le);
        }
    }

    #[test]
    fn a_time_has_its_place_in_the_buckets(time in times()) {
        let first = of([time]).buckets().position(|bucket| bucket.count == 1);
        prop_assert_eq!(first, Some(octave_of(Nanos(time))));
    }
}

#[test]
fn every_edge_and_its_neighbours_are_told_within_a_twentieth() {
    let mut time = SHORTEST;
    while time <= LONGEST {
        for time in [time, time + 1] {
            let told = quantile(&of([time]), 1.0).unwrap();
            assert!(is_within_a_twentieth(told, time, time), "{told} for {time}");
        }
        // The next time that is longer than all in the bucket of this one.
        time = quantile(&of([time]), 1.0).unwrap().max(time) + 1;
    }
}

#[test]
fn no_time_at_all_and_the_longest_there_is_are_counted() {
    let both = of([0, u64::MAX, u64::MAX]);
    assert_eq!((quantile(&both, 0.0), quantile(&both, 1.0)), (Some(1 << 10), Some(LONGEST)));
    assert_eq!((both.count(), both.sum().as_nanos()), (3, 2 * u128::from(u64::MAX)));
    assert_eq!(both.mean(), Some(Duration::from_nanos(u64::MAX / 3 * 2)));
}

#[test]
fn a_share_outside_of_zero_to_one_has_no_quantile() {
    for share in [-0.1, 1.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(of([5_000]).quantile(share), None);
    }
    assert!(of([5_000]).quantile(0.0).is_some() && of([5_000]).quantile(1.0).is_some());
}

#[test]
fn without_a_call_there_is_neither_quantile_nor_mean() {
    let none = of([]);
    assert_eq!((none.quantile(0.5), none.mean(), none.count(), none.sum()), (None, None, 0, Duration::ZERO));
    assert!(none.buckets().all(|bucket| bucket.count == 0));
}

#[test]
fn the_edges_are_the_powers_of_two_to_a_minute_and_then_none() {
    let edges: Vec<_> = of([]).buckets().map(|bucket| bucket.le).collect();
    let powers: Vec<_> = (10..=36).map(|power| Some(Duration::from_nanos(1 << power))).chain([None]).collect();
    assert_eq!(edges, powers);
}

#[test]
fn times_together_are_those_of_both() {
    assert_eq!(of([1, 2_000]).and(&of([3_000_000, u64::MAX])), of([1, 2_000, 3_000_000, u64::MAX]));
}

#[test]
fn threads_that_record_together_lose_nothing() {
    let histogram = Histogram::new();
    together(20_000, |_| histogram.record(Nanos(5_000)));
    let all = histogram.read();
    assert_eq!((all.count(), all.sum()), (40_000, Duration::from_millis(200)));
}
