//! The formula, beside values that were computed by hand: the greater of 0 and (requests - k x accepts) / (requests + 1).

use super::*;

#[track_caller]
fn assert_probability(k: f64, (requests, accepts): (u64, u64), expected: f64) {
    let probability = Rules { k, max_rejection: 0.95 }.probability(Asked { requests, accepts });
    assert!((probability - expected).abs() < 1e-12, "k {k}, {accepts} of {requests}: {probability}, not {expected}");
}

#[test]
fn a_k_of_1_sends_what_is_taken() {
    for (asked, expected) in [
        ((0, 0), 0.0),
        ((1, 1), 0.0),
        ((1, 0), 1.0 / 2.0),
        ((10, 10), 0.0),
        ((10, 9), 1.0 / 11.0),
        ((100, 50), 50.0 / 101.0),
        ((300, 200), 100.0 / 301.0),
        ((2_000, 40), 0.95),
    ] {
        assert_probability(1.0, asked, expected);
    }
}

#[test]
fn a_k_of_1_and_a_half_sends_half_as_much_more() {
    for (asked, expected) in [
        ((0, 0), 0.0),
        ((3, 2), 0.0),
        ((3, 1), 3.0 / 8.0),
        ((300, 200), 0.0),
        ((301, 200), 1.0 / 302.0),
        ((100, 40), 40.0 / 101.0),
        ((1_000, 0), 0.95),
    ] {
        assert_probability(1.5, asked, expected);
    }
}

#[test]
fn a_k_of_2_sends_twice_as_much() {
    for (asked, expected) in [
        ((0, 0), 0.0),
        ((1, 0), 1.0 / 2.0),
        ((2, 0), 2.0 / 3.0),
        ((2, 1), 0.0),
        ((10, 5), 0.0),
        ((10, 4), 2.0 / 11.0),
        ((18, 0), 18.0 / 19.0),
        ((19, 0), 19.0 / 20.0),
        ((20, 0), 0.95),
        ((200, 60), 80.0 / 201.0),
        ((300, 200), 0.0),
        ((1 << 50, 1 << 48), 0.5),
    ] {
        assert_probability(2.0, asked, expected);
    }
}

#[test]
fn a_k_of_10_sends_ten_times_as_much() {
    for (asked, expected) in [
        ((5, 0), 5.0 / 6.0),
        ((100, 10), 0.0),
        ((100, 9), 10.0 / 101.0),
        ((1_000, 50), 500.0 / 1_001.0),
        ((1_000, 100), 0.0),
    ] {
        assert_probability(10.0, asked, expected);
    }
}

#[test]
fn the_largest_k_rejects_only_where_nothing_is_taken() {
    for (asked, expected) in [((0, 0), 0.0), ((1_000, 1), 0.0), ((u64::MAX, u64::MAX), 0.0), ((1, 0), 0.5)] {
        assert_probability(f64::MAX, asked, expected);
    }
}

#[test]
fn max_rejection_leaves_probes() {
    for max_rejection in [f64::MIN_POSITIVE, 0.5, 0.99] {
        let rules = Rules { max_rejection, ..K_OF_2 };
        for requests in [1_000, u64::MAX] {
            assert_eq!(rules.probability(Asked { requests, accepts: 0 }), max_rejection);
        }
    }
}
