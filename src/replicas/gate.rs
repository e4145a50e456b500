//! What keeps calls from a replica because what comes first has failed.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering}; // no model checks it

use parking_lot::Mutex;
use rand::RngExt;
use rand::rngs::SmallRng;

use crate::backoff::{Backoff, generator};
use crate::error::{Chain, Error};
use crate::judge::{Judge, Judgement};
use crate::time::Clock;

/// Keeps calls from a replica for a while, because what comes first has failed. It is a judge of the replica.
pub(super) struct Gate {
    clock: Clock,
    backoff: Backoff,
    /// Until when it is shut; zero if it is not.
    until: AtomicU64,
    failures: Mutex<Failures>,
}

struct Failures {
    in_a_row: u32,
    why: String,
    random: SmallRng,
}

impl Gate {
    pub(super) fn new(clock: Clock, backoff: Backoff, seed: Option<u64>) -> Self {
        let failures = Failures { in_a_row: 0, why: String::new(), random: generator(seed) };
        Self { clock, backoff, until: AtomicU64::new(0), failures: Mutex::new(failures) }
    }

    pub(super) fn is_shut(&self) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        until > 0 && self.clock.now().0 < until
    }

    pub(super) fn shut(&self, error: &Error) {
        let Failures { in_a_row, why, random } = &mut *self.failures.lock();
        let delay = self.backoff.delay(*in_a_row, |range| random.random_range(range));
        *in_a_row = in_a_row.saturating_add(1);
        *why = Chain(error).to_string();
        self.until.store(self.clock.now().saturating_add(delay).0, Ordering::Relaxed);
    }

    pub(super) fn open(&self) {
        if self.until.swap(0, Ordering::Relaxed) > 0 {
            let mut failures = self.failures.lock();
            failures.in_a_row = 0;
            drop(mem::take(&mut failures.why));
        }
    }
}

impl Judge for Gate {
    fn judge(&self) -> Judgement {
        if self.is_shut() { Judgement::Unhealthy } else { Judgement::Healthy }
    }

    fn why(&self) -> Option<String> {
        self.is_shut().then(|| self.failures.lock().why.clone())
    }
}
