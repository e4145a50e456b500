//! Claims about counters on lines of their own.

mod sums;
mod tags;
mod words;

/// How many tags there are.
const TAGS: u64 = 1 << 28;
