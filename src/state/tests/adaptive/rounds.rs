//! Claims about when a round ends, and what it tells.

use super::*;
use crate::state::tests::together;

/// Wants twice as much as there is, less after a drop.
fn eager(round: &Round) -> f64 {
    if round.drops > 0 { round.limit * 0.5 } else { round.limit * 2.0 }
}

#[test]
fn a_round_ends_with_the_first_call_that_ends_after_its_time() {
    let places = Adaptive::new(BOUNDS, |round| round.limit);
    places.succeed(50, 99);
    assert_eq!(places.asked(), 0);
    places.succeed(1, 100);
    assert_eq!(places.told()[0].samples, 51, "its own sample is in");
    places.succeed(50, 199);
    assert_eq!(places.asked(), 1, "the next has its own time");
    places.succeed(1, 200);
    assert_eq!(places.asked(), 2);
}

#[test]
fn a_round_goes_on_until_it_has_ten_samples() {
    let places = Adaptive::new(BOUNDS, |round| round.limit);
    places.succeed(9, 1_000);
    places.end(Sample::Nothing, 900, 2_000);
    assert_eq!(places.asked(), 0);
    places.succeed(1, 3_000);
    assert_eq!(places.told()[0].samples, 10);
    places.succeed(9, 4_000);
    assert_eq!(places.asked(), 1, "the next needs ten of its own");
}

#[test]
fn a_call_that_is_no_sample_ends_a_round_too() {
    let places = Adaptive::new(BOUNDS, |round| round.limit);
    places.succeed(10, 99);
    places.end(Sample::Nothing, 0, 100);
    assert_eq!((places.told()[0].samples, places.told()[0].mean), (10, Duration::from_millis(1)));
}

#[test]
fn without_calls_nothing_changes() {
    let places = Adaptive::new(BOUNDS, eager);
    places.succeed(9, 50);
    assert_eq!((places.asked(), places.permits.limit()), (0, 20));
    places.succeed(1, 1_000_000);
    assert_eq!(places.asked(), 1);
}

#[test]
fn a_round_tells_what_its_calls_have_shown() {
    let places = Adaptive::new(BOUNDS, |round| round.limit);
    for (in_flight, took) in [(3, 8), (7, 2), (1, 14)] {
        for _ in 0..4 {
            places.end_beside(in_flight - 1, Sample::Success, 90 - took, 90);
        }
    }
    places.end(Sample::Nothing, 0, 100);
    let round = places.told()[0];
    assert_eq!((round.mean, round.min), (Duration::from_millis(8), Duration::from_millis(2)));
    assert_eq!((round.samples, round.drops, round.max_in_flight), (12, 0, 7));
    assert_eq!(places.rounds.last(), Some(round));
    places.succeed(10, 200);
    let next = places.told()[1];
    assert_eq!((next.mean, next.min), (Duration::from_millis(1), Duration::from_millis(1)));
    assert_eq!((next.samples, next.max_in_flight), (10, 1), "nothing is carried over");
}

#[test]
fn the_most_in_flight_counts_calls_that_are_no_samples() {
    let places = Adaptive::new(BOUNDS, |round| round.limit);
    places.end_beside(11, Sample::Nothing, 0, 1);
    places.succeed(10, 100);
    assert_eq!(places.told()[0].max_in_flight, 12);
}

#[test]
fn a_first_drop_ends_the_round_at_once() {
    let places = Adaptive::new(BOUNDS, eager);
    assert_eq!(places.end(Sample::Drop, 0, 1), Some(10));
    let round = places.told()[0];
    assert_eq!((round.samples, round.drops, round.mean), (0, 1, Duration::ZERO));
}

#[test]
fn a_drop_sooner_than_a_mean_after_a_decrease_changes_nothing() {
    let places = Adaptive::new(BOUNDS, eager);
    for _ in 0..5 {
        places.end(Sample::Success, 0, 30);
    }
    assert_eq!(places.end(Sample::Drop, 0, 40), Some(10));
    assert_eq!(places.end(Sample::Drop, 0, 69), None, "the mean of the last round with samples is 30 ms");
    assert_eq!(places.end(Sample::Drop, 0, 70), Some(5));
    assert_eq!(places.told()[1].drops, 2);
}

#[test]
fn the_mean_of_the_round_so_far_says_how_long_drops_wait() {
    let places = Adaptive::new(BOUNDS, eager);
    assert_eq!(places.end(Sample::Drop, 0, 10), Some(10));
    places.end(Sample::Success, 10, 60);
    assert_eq!(places.end(Sample::Drop, 0, 59), None);
    assert_eq!(places.end(Sample::Drop, 0, 60), Some(5));
}

#[test]
fn a_round_that_ends_by_time_with_early_drops_leaves_the_limit() {
    let places = Adaptive::new(BOUNDS, eager);
    // Each call takes half a second, so 500 ms must pass after the decrease.
    places.end(Sample::Success, 0, 500);
    assert_eq!(places.end(Sample::Drop, 0, 500), Some(10));
    places.end(Sample::Drop, 0, 510);
    for _ in 0..20 {
        places.end_beside(9, Sample::Success, 110, 610);
    }
    assert_eq!((places.asked(), places.permits.limit()), (1, 10));
    for _ in 0..20 {
        places.end_beside(9, Sample::Success, 210, 710);
    }
    assert_eq!((places.told()[1].drops, places.permits.limit()), (0, 20), "the drop went with its round");
}

#[test]
fn a_decrease_without_a_drop_makes_drops_wait_too() {
    let places = Adaptive::new(BOUNDS, |round| round.limit - 1.0);
    for _ in 0..10 {
        places.end(Sample::Success, 50, 100);
    }
    assert_eq!(places.permits.limit(), 19);
    assert_eq!(places.end(Sample::Drop, 0, 149), None);
    assert_eq!(places.end(Sample::Drop, 0, 150), Some(18));
}

#[test]
fn a_clock_that_jumps_back_makes_times_of_zero() {
    let places = Adaptive::new(BOUNDS, |round| round.limit);
    for _ in 0..10 {
        places.end(Sample::Success, 500, 100);
    }
    assert_eq!((places.told()[0].mean, places.told()[0].min), (Duration::ZERO, Duration::ZERO));
    places.succeed(20, 50);
    assert_eq!(places.asked(), 1);
}

#[test]
fn the_longest_times_there_are_end_rounds() {
    let places = Adaptive::new(Bounds { round: Nanos::MAX, ..BOUNDS }, eager);
    for _ in 0..20 {
        places.rounds.record(&places.permits, Sample::Success, Nanos(0), Nanos(u64::MAX - 1));
    }
    assert_eq!(places.asked(), 0);
    let changed = places.rounds.record(&places.permits, Sample::Drop, Nanos(0), Nanos::MAX);
    assert_eq!(changed, Some(10));
}

#[test]
fn a_round_of_no_time_ends_with_every_tenth_sample() {
    let places = Adaptive::new(Bounds { round: Nanos(0), ..BOUNDS }, |round| round.limit);
    places.succeed(35, 1);
    assert_eq!(places.asked(), 3);
}

#[test]
fn an_algorithm_that_panics_leaves_the_limit_for_good() {
    let places = Adaptive::new(BOUNDS, |_| panic!("not a number I know"));
    let panics =
        std::panic::AssertUnwindSafe(|| places.rounds.record(&places.permits, Sample::Drop, Nanos(0), Nanos(9)));
    assert!(std::panic::catch_unwind(panics).is_err());
    assert_eq!(places.end(Sample::Drop, 0, 900), None);
    places.succeed(30, 1_000);
    assert_eq!(places.permits.limit(), 20);
}

/// Else every call from then on would take the lock.
#[test]
fn an_algorithm_that_panicked_is_looked_for_once_a_round() {
    let places = Adaptive::new(BOUNDS, |_| panic!("not a number I know"));
    let panics = std::panic::AssertUnwindSafe(|| places.succeed(10, 100));
    assert!(std::panic::catch_unwind(panics).is_err());
    places.succeed(10, 200);
    let next = format!("ends_at: {}", 300 * MILLI);
    assert!(format!("{:?}", places.rounds).contains(&next), "{:?}", places.rounds);
}

#[test]
fn the_round_goes_on_while_the_algorithm_thinks() {
    let places = Arc::new_cyclic(|weak: &std::sync::Weak<Adaptive>| {
        let weak = std::sync::Weak::clone(weak);
        Adaptive::new(BOUNDS, move |round| {
            if round.limit.to_bits() == 20_f64.to_bits() {
                weak.upgrade().unwrap().succeed(12, 300);
            }
            round.limit + 1.0
        })
    });
    places.end_beside(10, Sample::Success, 0, 0);
    places.succeed(9, 100);
    places.succeed(1, 399);
    assert_eq!(places.asked(), 1);
    places.succeed(1, 400);
    assert_eq!(places.told()[1].samples, 14, "those that ended meanwhile are in");
}

/// An algorithm that panics while a call unwinds would end the process.
#[test]
fn a_call_that_unwinds_asks_no_algorithm() {
    struct Ends(Arc<Adaptive>);
    impl Drop for Ends {
        fn drop(&mut self) {
            self.0.end(Sample::Drop, 0, 100);
        }
    }
    let places = Arc::new(Adaptive::new(BOUNDS, eager));
    let ends = Ends(Arc::clone(&places));
    let panics = std::panic::AssertUnwindSafe(move || {
        let _ends = ends;
        panic!("as a call may");
    });
    assert!(std::panic::catch_unwind(panics).is_err());
    assert_eq!((places.asked(), places.permits.limit()), (0, 20));
    places.succeed(10, 100);
    assert_eq!(places.told()[0].drops, 1, "it counts in the round that another call ends");
}

#[test]
fn a_fork_begins_anew() {
    let places = Adaptive::new(BOUNDS, eager);
    places.end(Sample::Drop, 0, 1);
    let (permits, rounds) = (places.permits.fork(), places.rounds.fork(Nanos(50 * MILLI)));
    for _ in 0..10 {
        rounds.record(&permits, Sample::Success, Nanos(0), Nanos(149 * MILLI));
    }
    assert_eq!(places.asked(), 1);
    rounds.record(&permits, Sample::Success, Nanos(0), Nanos(150 * MILLI));
    assert_eq!((places.told()[1].limit.to_bits(), rounds.last()), (20_f64.to_bits(), Some(places.told()[1])));
}

#[test]
fn calls_that_end_on_two_threads_are_each_told_once() {
    let places = Adaptive::new(Bounds { round: Nanos(0), ..BOUNDS }, |round| round.limit);
    together(10_000, |_| {
        places.rounds.record(&places.permits, Sample::Success, Nanos(0), Nanos(MILLI));
    });
    // A drop ends the last round.
    places.end(Sample::Drop, 0, 1);
    let told = places.told();
    assert_eq!(told.iter().map(|round| round.samples).sum::<u64>(), 20_000, "in {} rounds", told.len());
    assert!(told.iter().all(|round| round.drops == 1 || round.samples >= 10));
}
