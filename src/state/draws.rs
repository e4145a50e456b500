//! Numbers drawn by chance, without a lock.
//!
//! Each thread draws from a stream of its own: `SplitMix64` (Steele, Lea and Flood, 2014). The streams are numbered in the order in
//! which threads come, so with a seed, calls on one thread draw the same numbers in every run.

use crate::state::per_thread::PerThread;
use crate::sync::{AtomicU64, Ordering};

/// The golden ratio, as a fraction of 2^64, made odd.
pub(crate) const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

#[derive(Debug)]
pub(crate) struct Draws {
    seed: u64,
    /// How many streams there are.
    streams: AtomicU64,
    mine: PerThread<Stream>,
}

/// Two cache lines, because processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Stream(AtomicU64);

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, streams: AtomicU64::new(0), mine: PerThread::new(|| Stream(AtomicU64::new(seed))) }
    }

    #[inline]
    pub(crate) fn draw(&self) -> u64 {
        let mine = self.mine.mine(|| self.stream());
        let state = &mine.value.0;
        if mine.alone {
            let next = state.load(Ordering::Relaxed).wrapping_add(STEP);
            state.store(next, Ordering::Relaxed);
            mix(next)
        } else {
            mix(state.fetch_add(STEP, Ordering::Relaxed))
        }
    }

    fn stream(&self) -> Stream {
        let number = self.streams.fetch_add(1, Ordering::Relaxed);
        Stream(AtomicU64::new(mix(self.seed ^ mix(number))))
    }
}

/// Where a number of 32 bits stands among so many.
#[inline]
pub(crate) const fn scale(number: u64, end: usize) -> usize {
    (number.wrapping_mul(end as u64) >> 32) as usize
}

/// A number as a part of the largest, from 0 and less than 1.
#[inline]
#[expect(clippy::cast_precision_loss, reason = "the bits that fit are kept")]
pub(crate) fn fraction(number: u64) -> f64 {
    (number >> 11) as f64 / (1_u64 << 53) as f64
}

/// Makes each bit depend on all others.
#[inline]
pub(crate) const fn mix(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}
