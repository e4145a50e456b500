//! Claims about how far a limit may move.

use super::*;

/// The limits after so many rounds in which so many calls are in flight at most.
fn after(
    bounds: Bounds,
    rounds: u64,
    in_flight: usize,
    say: impl FnMut(&Round) -> f64 + Clone + Send + Sync + 'static,
) -> Vec<usize> {
    let places = Adaptive::new(bounds, say);
    let rounds = 1..=rounds;
    rounds
        .map(|round| {
            for _ in 0..10 {
                places.end_beside(in_flight - 1, Sample::Success, 0, 100 * round);
            }
            places.permits.limit()
        })
        .collect()
}

#[test]
fn a_limit_at_most_doubles_or_halves_in_a_round() {
    assert_eq!(after(BOUNDS, 4, 20, |round| round.limit * 9.0), [40, 80, 80, 80], "of 80 less than half is used");
    assert_eq!(after(BOUNDS, 3, 2, |_| -7.0), [10, 5, 2]);
}

#[test]
fn a_limit_never_leaves_its_bounds() {
    let bounds = Bounds { min: 15, max: 25, ..BOUNDS };
    assert_eq!(after(bounds, 2, 15, |_| 1e9), [25, 25]);
    assert_eq!(after(bounds, 2, 15, |_| 0.0), [15, 15]);
}

#[test]
fn a_limit_grows_only_where_half_of_it_is_used() {
    assert_eq!(after(BOUNDS, 3, 10, |round| round.limit + 1.0), [21, 21, 21]);
    assert_eq!(after(BOUNDS, 2, 9, |round| round.limit + 1.0), [20, 20]);
    assert_eq!(after(BOUNDS, 2, 9, |round| round.limit - 1.0), [19, 18], "it may shrink");
}

/// A share that is full is no reason: else the limit would grow far beyond what was ever tried.
#[test]
fn a_limit_that_held_calls_back_grows_only_where_half_of_it_is_used() {
    let places = Adaptive::new(BOUNDS, |round| round.limit + 1.0);
    for round in 1..=2 {
        places.rounds.hold_back();
        places.succeed(10, 100 * round);
    }
    places.succeed(10, 300);
    let held_back: Vec<_> = places.told().iter().map(|round| round.held_back).collect();
    assert_eq!((held_back, places.permits.limit()), (vec![true, true, false], 20));
}

#[test]
fn what_is_no_number_leaves_the_limit() {
    for wanted in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(after(BOUNDS, 2, 20, move |_| wanted), [20, 20], "{wanted}");
    }
}

#[test]
fn a_limit_is_a_real_number_of_which_the_whole_part_counts() {
    assert_eq!(after(BOUNDS, 7, 20, |round| round.limit + 0.3), [20, 20, 20, 21, 21, 21, 22]);
}

#[test]
fn only_a_change_of_the_whole_part_is_told() {
    let places = Adaptive::new(BOUNDS, |round| round.limit - 0.5);
    let told: Vec<_> = (1..=3)
        .map(|round| (0..10).filter_map(|_| places.end(Sample::Success, 0, 100 * round)).collect::<Vec<_>>())
        .collect();
    assert_eq!(told, [vec![19], vec![], vec![18]]);
}

#[test]
fn a_limit_set_by_hand_is_kept_within_bounds_and_goes_on_from_there() {
    let places = Adaptive::new(Bounds { min: 5, max: 50, ..BOUNDS }, |round| round.limit + 1.0);
    for (asked, got) in [(0, 5), (usize::MAX, 50), (30, 30)] {
        assert_eq!((places.rounds.resize(&places.permits, asked), places.permits.limit()), (got, got));
    }
    for round in 1..=2 {
        for _ in 0..10 {
            places.end_beside(29, Sample::Success, 0, 100 * round);
        }
    }
    assert_eq!(places.permits.limit(), 32);
    assert_eq!(places.told().iter().map(|round| round.by_hand).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_limit_set_by_hand_while_the_algorithm_runs_stays() {
    let places = Arc::new_cyclic(|weak: &std::sync::Weak<Adaptive>| {
        let weak = std::sync::Weak::clone(weak);
        Adaptive::new(BOUNDS, move |round| {
            let places = weak.upgrade().unwrap();
            places.rounds.resize(&places.permits, 7);
            round.limit / 2.0
        })
    });
    assert_eq!(places.end(Sample::Drop, 0, 1), None);
    assert_eq!(places.permits.limit(), 7);
}
