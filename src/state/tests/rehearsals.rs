//! Which calls rehearse.

use crate::state::rehearsals::Rehearsals;

const CALLS: usize = 10_000;

/// Which of the first calls rehearse.
fn drawn(rate: f64, seed: u64) -> Vec<bool> {
    let rehearsals = Rehearsals::new(rate, seed);
    (0..CALLS).map(|_| rehearsals.is_drawn()).collect()
}

#[test]
fn at_a_rate_of_0_no_call_rehearses_and_at_1_each_does() {
    assert_eq!([0.0, 1.0].map(|rate| drawn(rate, 1)), [vec![false; CALLS], vec![true; CALLS]]);
}

/// Five times the deviation by chance: a seed in millions fails.
#[test]
fn about_the_share_of_calls_that_is_said_rehearses() {
    for (rate, expected, room) in [(0.01, 100, 50), (0.5, 5_000, 250), (0.99, 9_900, 50)] {
        for seed in 0..10 {
            let count = drawn(rate, seed).into_iter().filter(|is_drawn| *is_drawn).count();
            assert!(count.abs_diff(expected) < room, "{count} at {rate} with seed {seed}");
        }
    }
}

#[test]
fn a_seed_draws_the_same_calls_and_another_one_others() {
    assert_eq!(drawn(0.1, 1), drawn(0.1, 1));
    assert_ne!(drawn(0.1, 1), drawn(0.1, 2));
}
