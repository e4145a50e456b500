//! Claims about what is done at most once in a while.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use super::together;
use crate::state::every::Every;
use crate::time::Nanos;

#[test]
fn the_first_turn_is_due_at_once() {
    assert!(Every::new(Nanos(60)).try_take(Nanos(0)));
}

#[test]
fn each_turn_is_due_a_pause_after_the_one_that_was_taken() {
    let every = Every::new(Nanos(60));
    let taken = [0, 59, 60, 119, 150, 209, 210].map(|at| every.try_take(Nanos(at)));
    assert_eq!(taken, [true, false, true, false, true, false, true]);
}

#[test]
fn of_two_threads_that_come_together_one_takes_the_turn() {
    const ROUNDS: usize = 1_000;
    let (every, taken) = (Every::new(Nanos(1)), AtomicUsize::new(0));
    together(ROUNDS, |round| {
        taken.fetch_add(usize::from(every.try_take(Nanos(round as u64))), Relaxed);
    });
    assert_eq!(taken.into_inner(), ROUNDS);
}
