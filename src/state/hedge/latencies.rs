//! How long first attempts took that ended well, in the last 30 seconds.
//!
//! Threads record on lines of their own, and nothing is cleared: what belongs to the window is all that was recorded, less what had been
//! when the window began. So the totals are copied when a slice of five seconds begins, and six copies are kept.
//!
//! Approximate: the window is of 25 to 30 seconds, and what was found holds for up to 100 ms. A quantile is the upper edge of its bucket,
//! so at most 5 % more than the time itself, and never less: one that is longer than the histogram can tell is not known. A time that is
//! recorded while another thread copies may count to the slice before or after. Bounded by `a_delay_is_at_most_a_twentieth_above_the_quantile_of_the_window`.
//!
//! No model checks it: the copies are made under a lock, and what is found is one word, so nothing races but what the model of the
//! histogram has.

use std::array;

use crate::state::histogram::{Durations, Histogram, LONGEST};
use crate::sync::{AtomicU64, Mutex, Ordering};
use crate::time::Nanos;

const MILLI: u64 = 1_000_000;
const SLICE: u64 = 5_000 * MILLI;
const SLICES: usize = 6;

/// Divides a slice, so that the first call in a slice looks.
const LOOK_EVERY: u64 = 100 * MILLI;

/// With fewer, no quantile is known.
pub(crate) const MIN_SAMPLES: u64 = 20;

const UNKNOWN: u64 = u64::MAX;

#[derive(Debug)]
pub(crate) struct Latencies {
    quantile: f64,
    least: Nanos,
    times: Histogram,
    next_look: AtomicU64,
    /// What the last look found.
    found: AtomicU64,
    copies: Mutex<Copies>,
}

/// The totals as they were at some times.
#[derive(Debug)]
struct Copies {
    slice: u64,
    at_begin: [Durations; SLICES],
    latest: Durations,
}

impl Latencies {
    /// Its delays are a quantile, from 0 to 1, but at least so long.
    pub(crate) fn new(quantile: f64, least: Nanos) -> Self {
        let copies = Copies { slice: 0, at_begin: array::from_fn(|_| Durations::none()), latest: Durations::none() };
        Self {
            quantile,
            least,
            times: Histogram::new(),
            next_look: AtomicU64::new(0),
            found: AtomicU64::new(UNKNOWN),
            copies: Mutex::new(copies),
        }
    }

    pub(crate) const fn settings(&self) -> (f64, Nanos) {
        (self.quantile, self.least)
    }

    pub(crate) fn record(&self, took: Nanos, now: Nanos) {
        // Before it is recorded, because it belongs to the slice that begins.
        self.look(now);
        self.times.record(took);
    }

    /// The quantile, unless there are too few samples.
    pub(crate) fn delay(&self, now: Nanos) -> Option<Nanos> {
        self.look(now);
        let found = self.found.load(Ordering::Relaxed);
        (found != UNKNOWN).then_some(Nanos(found))
    }

    /// Finds the quantile anew, if it is time and no other thread does.
    fn look(&self, now: Nanos) {
        if now.0 >= self.next_look.load(Ordering::Relaxed) {
            self.look_at(now);
        }
    }

    #[cold]
    fn look_at(&self, now: Nanos) {
        let Some(mut copies) = self.copies.try_lock() else { return };
        self.times.read_into(&mut copies.latest);
        let found = copies.window(now.0 / SLICE, self.quantile).map_or(UNKNOWN, |found| found.max(self.least).0);
        self.found.store(found, Ordering::Relaxed);
        self.next_look.store((now.0 / LOOK_EVERY + 1).saturating_mul(LOOK_EVERY), Ordering::Relaxed);
    }
}

impl Copies {
    /// The quantile of the window that ends in this slice.
    #[expect(clippy::cast_possible_truncation, reason = "there are six places")]
    fn window(&mut self, slice: u64, quantile: f64) -> Option<Nanos> {
        let Self { at_begin, latest, .. } = self;
        let place = |slice: u64| (slice % SLICES as u64) as usize;
        for begun in (self.slice..slice).rev().take(SLICES) {
            at_begin[place(begun + 1)].copy_from(latest);
        }
        self.slice = self.slice.max(slice);
        let found = latest.quantile_since(&at_begin[place(self.slice + 1)], quantile, MIN_SAMPLES);
        found.filter(|found| *found < LONGEST).map(Nanos::from)
    }
}
