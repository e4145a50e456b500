//! Claims about the delay before the next attempt.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{LONGEST_PAUSE, attempts, plain, throttled};
use crate::backoff::{Backoff, Jitter, generator};
use crate::outcome::Outcome;
use crate::state::attempts::Attempts;
use crate::state::tests::backoff::{SECOND, TICK, of};
use crate::time::Nanos;

#[test]
fn the_first_retry_waits_the_base_and_each_next_twice_as_long() {
    let attempts = attempts(9, plain());
    let seconds = (1..=8).map(|made| attempts.delay(made, Outcome::Transient).unwrap().0 / SECOND.0);
    assert_eq!(seconds.collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32, 60, 60]);
}

#[test]
fn calls_that_wait_at_the_same_step_draw_different_delays() {
    let attempts = attempts(3, Backoff::exponential(Duration::from_secs(1), Duration::from_secs(1)));
    let drawn: BTreeSet<_> = (0..100).map(|_| attempts.delay(1, Outcome::Transient).unwrap()).collect();
    assert_eq!(drawn.len(), 100);
}

#[test]
fn the_same_seed_gives_the_same_delays() {
    let run = |seed| {
        let backoff = Backoff::exponential(Duration::from_millis(50), Duration::from_secs(20));
        let attempts = Attempts::new(9, Nanos::MAX, backoff, generator(Some(seed)));
        (1..9).map(|made| attempts.delay(made, Outcome::Transient).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn an_outcome_that_stops_draws_nothing() {
    let backoff = of(Duration::from_secs(1), Jitter::Full);
    let (disturbed, quiet) = (attempts(2, backoff), attempts(2, backoff));
    assert!(disturbed.delay(1, Outcome::Failed).is_err());
    assert!(disturbed.delay(2, Outcome::Transient).is_err());
    assert!(disturbed.delay(1, throttled(LONGEST_PAUSE + TICK)).is_err());
    assert_eq!(disturbed.delay(1, Outcome::Transient), quiet.delay(1, Outcome::Transient));
}

#[test]
fn a_delay_of_less_than_a_millisecond_is_not_cut_off() {
    assert_eq!(
        attempts(3, of(Duration::from_nanos(1_234_567), Jitter::None)).delay(1, Outcome::Transient),
        Ok(Nanos(1_234_567))
    );
    assert_eq!(attempts(3, of(TICK, Jitter::None)).delay(1, Outcome::Transient), Ok(Nanos(1)));
}
