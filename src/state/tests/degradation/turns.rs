//! Claims about who reads.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use super::{AT_ONCE, of};
use crate::state::degradation::PAUSE;
use crate::state::tests::together;
use crate::time::Nanos;

#[test]
fn a_turn_is_due_at_once_and_then_after_a_pause() {
    let degradation = of(AT_ONCE, 1);
    let turns = [0, 1, PAUSE.0 - 1, PAUSE.0, PAUSE.0 + 1, 2 * PAUSE.0].map(|at| degradation.turn(Nanos(at)).is_some());
    assert_eq!(turns, [true, false, false, true, false, true]);
}

#[test]
fn nobody_has_a_turn_while_somebody_reads() {
    let degradation = of(AT_ONCE, 1);
    let turn = degradation.turn(Nanos(0)).unwrap();
    assert!([PAUSE, Nanos::MAX].iter().all(|at| degradation.turn(*at).is_none()));
    drop(turn);
    assert!(degradation.turn(PAUSE).is_some());
}

#[test]
fn a_turn_at_the_end_of_time_is_given_back() {
    let degradation = of(AT_ONCE, 1);
    assert!([(); 3].iter().all(|()| degradation.turn(Nanos::MAX).is_some()));
}

#[test]
fn of_two_threads_that_ask_together_one_reads() {
    const ROUNDS: usize = 1_000;
    let (degradation, read) = (of(AT_ONCE, 1), AtomicUsize::new(0));
    together(ROUNDS, |round| {
        if let Some(_turn) = degradation.turn(Nanos(round as u64 * PAUSE.0)) {
            read.fetch_add(1, Relaxed);
        }
    });
    assert_eq!(read.into_inner(), ROUNDS);
}
