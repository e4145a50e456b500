//! Claims about what each algorithm makes of a round.

use super::*;

fn each() -> [(&'static str, Box<dyn LimitAlgorithm>); 3] {
    [("aimd", Box::new(Aimd)), ("vegas", Box::<Vegas>::default()), ("gradient", Box::<Gradient>::default())]
}

#[test]
fn constant_timeouts_never_grow_a_limit() {
    for (name, mut algorithm) in each() {
        let mut limit = 1_000.0;
        for round in 0..500 {
            // With fast successes beside them, now and then.
            let told = with_a_drop(if round % 3 == 0 { full(limit, 1) } else { Round::at(limit) });
            let next = algorithm.after(&told).max(1.0);
            assert!(next <= limit, "{name}: {limit} became {next}");
            limit = next;
        }
        assert!(limit < 2.0, "{name}: {limit}");
    }
}

#[test]
fn a_round_without_samples_leaves_the_limit() {
    for (name, mut algorithm) in each() {
        for limit in [1.0, 20.0, 333.3] {
            assert_eq!(algorithm.after(&Round::at(limit)).to_bits(), limit.to_bits(), "{name}");
        }
    }
}

#[test]
fn calls_that_take_no_time_let_a_limit_grow() {
    for (name, mut algorithm) in each() {
        for _ in 0..3 {
            assert!(algorithm.after(&full(20.0, 0)) > 20.0, "{name}");
        }
    }
}

#[test]
fn aimd_adds_one_where_half_is_used_and_takes_a_tenth_away() {
    let next = |round| say(&mut Aimd, round);
    assert_eq!(next(full(20.0, 10)), "21.000");
    assert_eq!(next(half_full(20.0, 10)), "21.000");
    assert_eq!(next(half_full(19.0, 10)), "19.000", "9 is less than half of 19");
    assert_eq!(next(with_a_drop(full(20.0, 10))), "18.000");
}

/// The queue is the limit times the share of the time that is waited.
#[test]
fn vegas_keeps_the_queue_between_three_and_six_logarithms() {
    for (limit, millis, next) in [
        (100.0, 10, "102.000"),
        (100.0, 11, "100.000"),
        (100.0, 12, "98.000"),
        // The logarithm is at least 1.
        (1.0, 10, "2.000"),
        (4.0, 39, "5.000"),
        (4.0, 41, "4.000"),
        (7.0, 80, "6.000"),
    ] {
        let mut vegas = Vegas::default();
        vegas.after(&full(limit, 10));
        assert_eq!(say(&mut vegas, full(limit, millis)), next, "{limit} at {millis} ms");
    }
}

#[test]
fn vegas_takes_a_logarithm_away_for_drops() {
    assert_eq!(say(&mut Vegas::default(), with_a_drop(full(100.0, 10))), "98.000");
    assert_eq!(say(&mut Vegas::default(), with_a_drop(full(5.0, 10))), "4.000");
}

#[test]
fn vegas_goes_by_the_least_mean_and_that_never_rises_by_itself() {
    let mut vegas = Vegas::default();
    vegas.after(&half_full(40.0, 30));
    vegas.after(&half_full(40.0, 10));
    for _ in 0..2_000 {
        assert_eq!(say(&mut vegas, half_full(40.0, 40)), "38.398", "30 of 40 wait");
    }
}

#[test]
fn the_gradient_grows_by_the_square_root_until_calls_take_half_longer() {
    for (millis, next) in [(100, "102.000"), (150, "102.000"), (200, "97.000"), (300, "92.000"), (900, "92.000")] {
        let mut gradient = Gradient::default();
        gradient.after(&full(100.0, 100));
        assert_eq!(say(&mut gradient, full(100.0, millis)), next, "{millis} ms");
    }
}

#[test]
fn the_gradient_takes_a_tenth_away_for_drops() {
    assert_eq!(say(&mut Gradient::default(), with_a_drop(full(100.0, 10))), "90.000");
}

/// At the limit too. When the first round ends, only quick calls have ended, and few.
#[test]
fn the_long_mean_begins_as_that_of_many_calls() {
    for (samples, in_flight, rounds) in
        [(1_000, 100, 1), (400, 100, 1), (100, 100, 4), (10, 50, 10), (10, 2, 5), (50, 2, 1)]
    {
        let few = |millis| Round { samples, max_in_flight: in_flight, ..full(100.0, millis) };
        let limits = [150, 200].map(|millis| {
            let mut gradient = Gradient::default();
            gradient.after(&few(110 - 10 * rounds));
            for _ in 1..rounds {
                gradient.after(&few(110));
            }
            for _ in 0..9 {
                gradient.after(&full(100.0, 300));
            }
            say(&mut gradient, full(100.0, millis))
        });
        assert_eq!(limits, ["102.000", "97.000"], "{samples} of {in_flight} in flight");
    }
}

/// It shows in the round after: calls that take twice as long as the long mean are too slow.
#[test]
fn the_long_mean_rises_only_below_the_limit() {
    let limit_after = |round: fn(f64, u64) -> Round| {
        let mut gradient = Gradient::default();
        gradient.after(&full(100.0, 100));
        for _ in 0..250 {
            gradient.after(&round(100.0, 200));
        }
        say(&mut gradient, full(100.0, 200))
    };
    assert_eq!(limit_after(full), "97.000");
    assert_eq!(limit_after(half_full), "102.000");
}

/// The first round at 200 ms is too slow for a base of 100: so the limit shrinks once the long mean has come down to that.
#[test]
fn a_long_mean_far_above_the_short_one_decays_within_50_rounds() {
    let shrinks_after = |rounds: usize| {
        let mut gradient = Gradient::default();
        gradient.after(&half_full(100.0, 1_000));
        for _ in 0..rounds {
            gradient.after(&half_full(100.0, 100));
        }
        gradient.after(&full(100.0, 400)) < 100.0
    };
    assert!(!shrinks_after(10));
    assert!(shrinks_after(50));
}
