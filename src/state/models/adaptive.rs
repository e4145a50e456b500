//! Claims about rounds that calls end beside each other.

use std::sync::Arc as StdArc;
use std::sync::atomic::AtomicU64 as StdAtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::{model_of_many, race};
use crate::state::adaptive::{Bounds, LimitAlgorithm, Make, Round, Rounds, Sample};
use crate::state::permits::Permits;
use crate::sync::Arc;
use crate::time::Nanos;

/// A moment within the round.
const BEFORE: Nanos = Nanos(5);

/// The time of the round has passed.
const OVER: Nanos = Nanos(7);

/// What an algorithm was told in all; the counts are no part of the model.
#[derive(Debug, Default)]
struct Told {
    rounds: StdAtomicU64,
    samples: StdAtomicU64,
    drops: StdAtomicU64,
}

impl Told {
    fn numbers(&self) -> [u64; 3] {
        [&self.rounds, &self.samples, &self.drops].map(|number| number.load(Relaxed))
    }
}

/// Halves the limit, and counts what it is told.
struct Halve(StdArc<Told>);

impl LimitAlgorithm for Halve {
    fn after(&mut self, round: &Round) -> f64 {
        self.0.rounds.fetch_add(1, Relaxed);
        self.0.samples.fetch_add(round.samples, Relaxed);
        self.0.drops.fetch_add(round.drops, Relaxed);
        round.limit / 2.0
    }
}

struct Adaptive {
    permits: Permits,
    rounds: Rounds,
}

impl Adaptive {
    /// With so many samples, and so many calls in flight.
    fn new(limit: usize, samples: usize, in_flight: usize) -> (Arc<Self>, StdArc<Told>) {
        let told = StdArc::<Told>::default();
        let bounds = Bounds { initial: limit, min: 1, max: 9, round: OVER };
        let kept = StdArc::clone(&told);
        let rounds = Rounds::new(bounds, Make::new(move || Halve(StdArc::clone(&kept))), Nanos(0));
        let adaptive = Self { permits: Permits::new(limit), rounds };
        for _ in 0..samples {
            adaptive.enter();
            assert!(adaptive.end(Sample::Success, BEFORE).is_none());
        }
        (0..in_flight).for_each(|_| adaptive.enter());
        (Arc::new(adaptive), told)
    }

    fn enter(&self) {
        assert!(self.permits.try_enter_at_once().is_ok());
    }

    /// Ends a call that was admitted at zero.
    fn end(&self, sample: Sample, now: Nanos) -> Option<usize> {
        let changed = self.rounds.record(&self.permits, sample, Nanos(0), now);
        assert!(self.permits.leave().is_none());
        changed
    }
}

#[test]
fn of_two_calls_that_end_a_round_one_ends_it() {
    model_of_many(|| {
        let (adaptive, told) = Adaptive::new(8, 9, 2);
        let other = Arc::clone(&adaptive);
        let (one, two) = race(move || other.end(Sample::Success, OVER), || adaptive.end(Sample::Success, OVER));
        assert_eq!([one, two].into_iter().flatten().collect::<Vec<_>>(), [4]);
        assert_eq!(told.numbers()[0], 1);
        assert_eq!((adaptive.permits.limit(), adaptive.permits.taken()), (4, 0));
    });
}

#[test]
fn of_two_drops_at_one_time_one_decreases_the_limit() {
    model_of_many(|| {
        let (adaptive, told) = Adaptive::new(8, 1, 2);
        let other = Arc::clone(&adaptive);
        race(move || other.end(Sample::Drop, BEFORE), || adaptive.end(Sample::Drop, BEFORE));
        assert_eq!((told.numbers()[0], adaptive.permits.limit()), (1, 4));
    });
}

#[test]
fn what_calls_show_beside_the_end_of_a_round_is_told_once() {
    model_of_many(|| {
        let (adaptive, told) = Adaptive::new(8, 10, 3);
        let other = Arc::clone(&adaptive);
        race(move || other.end(Sample::Success, BEFORE), || adaptive.end(Sample::Nothing, OVER));
        // A drop ends the next round, in which the sample counts if it did not in the first.
        adaptive.end(Sample::Drop, Nanos(100));
        assert_eq!(told.numbers(), [2, 11, 1]);
    });
}

#[test]
fn no_more_enter_than_the_limit_allows_while_a_round_moves_it() {
    model_of_many(|| {
        let (adaptive, _) = Adaptive::new(2, 0, 1);
        let other = Arc::clone(&adaptive);
        let (_, entered) = race(move || other.end(Sample::Drop, OVER), || adaptive.permits.try_enter_at_once().is_ok());
        assert_eq!((adaptive.permits.limit(), adaptive.permits.taken()), (1, u64::from(entered)));
        assert_eq!(adaptive.permits.try_enter_at_once().is_ok(), !entered);
    });
}

#[test]
fn a_limit_set_by_hand_beside_the_end_of_a_round_is_the_limit_or_halved() {
    model_of_many(|| {
        let (adaptive, _) = Adaptive::new(8, 0, 1);
        let other = Arc::clone(&adaptive);
        race(move || other.end(Sample::Drop, OVER), || adaptive.rounds.resize(&adaptive.permits, 6));
        assert!([6, 3].contains(&adaptive.permits.limit()));
    });
}
