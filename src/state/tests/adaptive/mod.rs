//! Claims about the limit of an adaptive bulkhead.

mod algorithms;
mod bounds;
mod measurements;
mod netflix;
mod restored;
mod rounds;
mod server;
mod simulated;

use std::sync::Arc;
use std::time::Duration;

use crate::state::adaptive::{Aimd, Bounds, Gradient, LimitAlgorithm, Make, Round, Rounds, Sample, Vegas};
use crate::state::permits::Permits;
use crate::sync::Mutex;
use crate::time::Nanos;

const MILLI: u64 = 1_000_000;

const BOUNDS: Bounds = Bounds { initial: 20, min: 1, max: 1_000, round: Nanos(100 * MILLI) };

/// A round in which as many calls were in flight as the limit allows, and far more ended.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "limits here are small")]
fn full(limit: f64, millis: u64) -> Round {
    let mut round = Round::at(limit);
    (round.mean, round.samples, round.max_in_flight) = (Duration::from_millis(millis), 1_000, limit as usize);
    round
}

/// A round in which half of that was in flight.
fn half_full(limit: f64, millis: u64) -> Round {
    let mut round = full(limit, millis);
    round.max_in_flight /= 2;
    round
}

fn with_a_drop(mut round: Round) -> Round {
    round.drops = 1;
    round
}

/// Places whose limit a function of the round says, and the rounds that it was asked after.
struct Adaptive {
    permits: Permits,
    rounds: Rounds,
    told: Arc<Mutex<Vec<Round>>>,
}

/// Says a limit by a function, and keeps what it was told.
struct Say<F>(F, Arc<Mutex<Vec<Round>>>);

impl<F: FnMut(&Round) -> f64> LimitAlgorithm for Say<F> {
    fn after(&mut self, round: &Round) -> f64 {
        self.1.lock().push(*round);
        (self.0)(round)
    }
}

impl Adaptive {
    fn new(bounds: Bounds, say: impl FnMut(&Round) -> f64 + Clone + Send + Sync + 'static) -> Self {
        let told = Arc::<Mutex<Vec<Round>>>::default();
        let kept = Arc::clone(&told);
        let make = Make::new(move || Say(say.clone(), Arc::clone(&kept)));
        Self { permits: Permits::new(bounds.initial), rounds: Rounds::new(bounds, make, Nanos(0)), told }
    }

    /// Ends a call beside so many others; times are in milliseconds. Returns the limit if that has changed.
    fn end_beside(&self, others: usize, sample: Sample, since: u64, now: u64) -> Option<usize> {
        assert!((0..=others).all(|_| self.permits.try_enter_at_once().is_ok()));
        let changed = self.rounds.record(&self.permits, sample, Nanos(since * MILLI), Nanos(now * MILLI));
        (0..=others).for_each(|_| assert!(self.permits.leave().is_none()));
        changed
    }

    fn end(&self, sample: Sample, since: u64, now: u64) -> Option<usize> {
        self.end_beside(0, sample, since, now)
    }

    /// Ends calls that took a millisecond each.
    fn succeed(&self, calls: u64, now: u64) {
        for _ in 0..calls {
            self.end(Sample::Success, now - 1, now);
        }
    }

    fn told(&self) -> Vec<Round> {
        self.told.lock().clone()
    }

    /// How many rounds the algorithm was asked after.
    fn asked(&self) -> usize {
        self.told().len()
    }
}

/// What an algorithm says, to three places.
fn say(algorithm: &mut impl LimitAlgorithm, round: Round) -> String {
    format!("{:.3}", algorithm.after(&round))
}
