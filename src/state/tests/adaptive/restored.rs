//! Claims about a limit that goes on from another.

use super::*;

fn fresh() -> Adaptive {
    Adaptive::new(BOUNDS, |round| round.limit + 1.0)
}

#[test]
fn the_limit_goes_on_within_the_bounds() {
    for (saved, limit) in [(7.9, 7), (1.0, 1), (0.0, 1), (1e300, 1_000)] {
        let adaptive = fresh();
        assert!(adaptive.rounds.restore(&adaptive.permits, saved));
        assert_eq!(adaptive.permits.limit(), limit, "{saved}");
    }
}

#[test]
fn what_is_no_number_is_left_out() {
    for saved in [f64::NAN, f64::INFINITY] {
        let adaptive = fresh();
        assert!(!adaptive.rounds.restore(&adaptive.permits, saved));
        assert_eq!(adaptive.permits.limit(), 20);
    }
}

#[test]
fn the_next_round_begins_with_it_and_nobody_set_it() {
    let adaptive = fresh();
    assert!(adaptive.rounds.restore(&adaptive.permits, 7.5));
    adaptive.succeed(10, 200);
    let told = adaptive.told();
    assert_eq!(told[0], Round { limit: 7.5, by_hand: false, ..told[0] });
}

#[test]
fn a_limit_that_was_set_or_saw_a_call_stays() {
    let used: [fn(&Adaptive); 3] = [
        |adaptive| adaptive.succeed(1, 2),
        |adaptive| _ = adaptive.end(Sample::Drop, 1, 2),
        |adaptive| _ = adaptive.rounds.resize(&adaptive.permits, 20),
    ];
    for (number, used_by) in used.into_iter().enumerate() {
        let adaptive = fresh();
        used_by(&adaptive);
        assert!(!adaptive.rounds.restore(&adaptive.permits, 3.0), "{number}");
    }
}
