//! Claims about how a base is measured anew at the limit.

use super::*;

/// A measurement: the 300th round at the limit, the four at half of it, and the one after.
fn measured(algorithm: &mut impl LimitAlgorithm, means: [u64; 4]) -> Vec<String> {
    let mut said: Vec<_> = (0..300).map(|_| say(algorithm, full(100.0, 100))).collect();
    said.drain(..299);
    said.extend(means.map(|millis| say(algorithm, full(50.0, millis))));
    said
}

#[test]
fn after_300_rounds_at_the_limit_the_base_is_measured_at_half_of_it() {
    let expected = ["50.000", "50.000", "50.000", "50.000", "100.000"];
    let mut gradient = Gradient::default();
    gradient.after(&half_full(100.0, 100));
    assert_eq!(measured(&mut gradient, [10, 60, 40, 50]), expected);
    assert_eq!(say(&mut gradient, full(100.0, 60)), "102.000", "the base is 40 ms: 60 is not too slow");
    assert_eq!(say(&mut gradient, full(100.0, 80)), "97.000", "80 is");
    let mut vegas = Vegas::default();
    vegas.after(&half_full(100.0, 100));
    assert_eq!(measured(&mut vegas, [10, 60, 40, 50]), expected);
    assert_eq!(say(&mut vegas, full(100.0, 44)), "100.000", "the base is 40 ms: 9 of 100 wait");
}

/// Of a hundred calls, those that were admitted before end in so many rounds. Where bodies hold places, they would be many more.
#[test]
fn a_measurement_waits_for_the_calls_that_were_admitted_before() {
    for (samples, waits) in [(100, 1), (50, 2), (30, 4), (10, 10), (1, 10)] {
        let few = |limit, millis| Round { samples, ..full(limit, millis) };
        let mut gradient = Gradient::default();
        for _ in 0..300 {
            gradient.after(&few(100.0, 100));
        }
        for _ in 0..waits {
            gradient.after(&few(50.0, 10));
        }
        let said = [60, 40, 50].map(|millis| say(&mut gradient, few(50.0, millis)));
        assert_eq!(said, ["50.000", "50.000", "100.000"], "{samples} a round");
        let next = [60, 80].map(|millis| say(&mut gradient, few(100.0, millis)));
        assert_eq!(next, ["102.000", "97.000"], "{samples} a round: the base is 40 ms");
    }
}

#[test]
fn rounds_at_the_limit_are_counted_though_others_lie_between() {
    let mut gradient = Gradient::default();
    for _ in 0..299 {
        gradient.after(&full(100.0, 100));
        gradient.after(&half_full(100.0, 100));
    }
    assert_eq!(say(&mut gradient, full(100.0, 100)), "50.000");
}

#[test]
fn a_round_that_held_calls_back_counts_as_one_at_the_limit() {
    let mut gradient = Gradient::default();
    let held_back = || Round { held_back: true, ..half_full(100.0, 100) };
    for _ in 0..299 {
        gradient.after(&held_back());
    }
    assert_eq!(say(&mut gradient, held_back()), "50.000");
}

/// A limit that holds nobody back is not why calls take long, and it could not grow back.
#[test]
fn a_limit_of_which_less_than_half_is_used_stays_however_long_calls_take() {
    let unused = |millis| Round { max_in_flight: 20, ..full(100.0, millis) };
    let (mut gradient, mut vegas) = (Gradient::default(), Vegas::default());
    for millis in [10, 900, 10, 2_000] {
        assert_eq!(
            (say(&mut gradient, unused(millis)), say(&mut vegas, unused(millis))),
            ("100.000".into(), "100.000".into())
        );
    }
}

/// It would not come back from a measurement.
#[test]
fn a_limit_of_which_less_than_half_is_used_is_not_halved_for_a_measurement() {
    let held_back = Round { held_back: true, max_in_flight: 20, ..full(100.0, 100) };
    let mut gradient = Gradient::default();
    for _ in 0..400 {
        assert_eq!(say(&mut gradient, held_back), "100.000");
    }
}

/// Else a service that drops a call now and then would never be measured.
#[test]
fn a_drop_between_measurements_leaves_the_rounds_that_were_counted() {
    let mut gradient = Gradient::default();
    for _ in 0..299 {
        gradient.after(&full(100.0, 100));
    }
    gradient.after(&with_a_drop(full(100.0, 100)));
    assert_eq!(say(&mut gradient, full(90.0, 100)), "45.000");
}

#[test]
fn a_limit_by_hand_ends_a_measurement_and_stays() {
    let mut gradient = Gradient::default();
    for _ in 0..300 {
        gradient.after(&full(100.0, 100));
    }
    let by_hand = Round { by_hand: true, ..full(70.0, 100) };
    assert_eq!(say(&mut gradient, by_hand), "71.673", "it goes on from there");
    for _ in 0..5 {
        assert_eq!(say(&mut gradient, full(70.0, 100)), "71.673");
    }
}

#[test]
fn the_limit_before_a_measurement_comes_back_once_it_is_used() {
    let mut vegas = Vegas::default();
    for _ in 0..300 {
        vegas.after(&full(100.0, 100));
    }
    let unused = Round { max_in_flight: 3, ..full(50.0, 100) };
    for _ in 0..3 {
        assert_eq!(say(&mut vegas, unused), "50.000");
    }
    for _ in 0..5 {
        assert_eq!(say(&mut vegas, unused), "100.000", "wanted, though a limit that is not used cannot grow");
    }
    assert_eq!(say(&mut vegas, full(50.0, 100)), "100.000");
    assert_eq!(say(&mut vegas, full(100.0, 100)), "102.000");
}

#[test]
fn a_drop_ends_a_measurement() {
    let mut gradient = Gradient::default();
    for _ in 0..300 {
        gradient.after(&full(100.0, 100));
    }
    assert_eq!(say(&mut gradient, with_a_drop(full(50.0, 10))), "45.000");
    assert_eq!(say(&mut gradient, full(45.0, 100)), "46.342", "it goes on as usual");
    assert_eq!(say(&mut gradient, full(46.0, 100)), "47.356");
}
