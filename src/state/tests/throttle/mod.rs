//! Claims about which calls a throttle rejects.

#![expect(clippy::float_cmp, reason = "these are computed in the same way, or exact")]

mod alarm;
mod counting;
mod drawing;
mod formula;
mod model;

use crate::outcome::Outcome::{self, Failed, Success};
use crate::state::criticality::Criticality::{self, Critical};
use crate::state::throttle::{Asked, Change, Rules, Throttle};
use crate::time::Nanos;

const K_OF_2: Rules = Rules { k: 2.0, max_rejection: 0.95 };

/// The window has two buckets of this length.
const BUCKET: u64 = 100;
const WINDOW: u64 = 2 * BUCKET;

fn throttle() -> Throttle {
    Throttle::new(K_OF_2, Nanos(WINDOW), 2, 7)
}

impl Throttle {
    fn end(&self, outcome: Outcome, now: u64) {
        self.exit(Critical, outcome, Nanos(now));
    }

    fn end_many(&self, outcome: Outcome, calls: usize, now: u64) {
        (0..calls).for_each(|_| self.end(outcome, now));
    }

    fn counted(&self, now: u64) -> (u64, u64) {
        let Asked { requests, accepts } = self.view(Critical, Nanos(now)).asked;
        (requests, accepts)
    }

    fn probability(&self, now: u64) -> f64 {
        self.view(Critical, Nanos(now)).probability
    }

    /// Lets so many calls come, and returns how many of them pass and what is told.
    fn enter_many(&self, calls: usize, now: u64) -> (usize, Vec<Change>) {
        let entered: Vec<_> = (0..calls).map(|_| self.enter(Critical, Nanos(now))).collect();
        let passed = entered.iter().filter(|entered| entered.passes).count();
        (passed, entered.into_iter().filter_map(|entered| entered.change).collect())
    }
}
