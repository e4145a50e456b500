//! Claims about what the server asked for.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::{LONGEST_PAUSE, attempts, plain, throttled};
use crate::backoff::{Backoff, Jitter, generator};
use crate::outcome::Outcome;
use crate::state::attempts::{Attempts, Stop};
use crate::state::tests::backoff::{SECOND, TICK, duration, longest, of, rng};
use crate::time::Nanos;

#[test]
fn a_hint_is_kept_to_with_the_backoff_on_top() {
    let delay = attempts(3, plain()).delay(2, throttled(Duration::from_secs(5)));
    assert_eq!(delay, Ok(Nanos(7 * SECOND.0)));
}

#[test]
fn a_hint_of_nothing_backs_off() {
    assert_eq!(attempts(3, plain()).delay(1, throttled(Duration::ZERO)), Ok(SECOND));
}

#[test]
fn a_hint_of_exactly_the_longest_pause_is_kept_to() {
    let attempts = attempts(3, Backoff::none());
    let below = Duration::from_nanos(29_999_999_999);
    assert_eq!(attempts.delay(1, throttled(below)), Ok(below.into()));
    assert_eq!(attempts.delay(1, throttled(LONGEST_PAUSE)), Ok(LONGEST_PAUSE.into()));
    assert_eq!(attempts.delay(1, throttled(LONGEST_PAUSE + TICK)), Err(Stop::RetryAfter));
}

#[test]
fn the_longest_pause_bounds_the_hint_and_not_the_backoff_on_top() {
    assert_eq!(attempts(3, plain()).delay(1, throttled(LONGEST_PAUSE)), Ok(Nanos(31 * SECOND.0)));
}

#[test]
fn the_longest_pause_does_not_bound_a_backoff_without_a_hint() {
    let attempts = attempts(9, plain());
    assert_eq!(attempts.delay(8, Outcome::Transient), Ok(Nanos(60 * SECOND.0)));
    assert_eq!(attempts.delay(8, Outcome::Throttled { retry_after: None }), Ok(Nanos(60 * SECOND.0)));
}

#[test]
fn a_longest_pause_of_zero_stops_at_every_hint() {
    let attempts = Attempts::new(3, Nanos(0), plain(), rng());
    assert_eq!(attempts.delay(1, throttled(TICK)), Err(Stop::RetryAfter));
    assert_eq!(attempts.delay(1, throttled(Duration::ZERO)), Ok(SECOND));
    assert_eq!(attempts.delay(1, Outcome::Transient), Ok(SECOND));
}

#[test]
fn the_longest_hint_and_the_longest_backoff_saturate() {
    let backoff = of(Duration::MAX, Jitter::None);
    let attempts = Attempts::new(3, Duration::MAX.into(), backoff, rng());
    assert_eq!(attempts.delay(1, throttled(Duration::MAX)), Ok(Nanos::MAX));
}

#[test]
fn the_backoff_on_top_of_a_hint_is_drawn_for_each_call() {
    let attempts = attempts(3, Backoff::exponential(Duration::from_secs(1), Duration::from_secs(1)));
    let hint = Duration::from_secs(5);
    let drawn: BTreeSet<_> = (0..100).map(|_| attempts.delay(1, throttled(hint)).unwrap()).collect();
    assert_eq!(drawn.len(), 100);
    assert!(*drawn.first().unwrap() >= Nanos::from(hint));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_pause_is_the_hint_plus_no_more_than_the_longest_backoff(
        (base, cap, hint) in (duration(), duration(), duration()),
        (made, seed) in (1..u32::MAX, any::<u64>()),
    ) {
        let (base, cap) = (base.min(cap), base.max(cap));
        let attempts = Attempts::new(u32::MAX, Nanos::MAX, Backoff::exponential(base, cap), generator(Some(seed)));
        let pause = u128::from(attempts.delay(made, throttled(hint)).unwrap().0);
        let hint = u128::from(Nanos::from(hint).0);
        prop_assert!(hint <= pause && pause <= hint + longest(base, cap, made - 1));
    }

    #[test]
    fn a_hint_stops_only_above_the_longest_pause(hint in duration(), pause in duration(), made in 1..5_u32) {
        let attempts = Attempts::new(5, pause.into(), Backoff::none(), rng());
        let expected = match (made < 5, Nanos::from(hint) <= Nanos::from(pause)) {
            (false, _) => Err(Stop::MaxAttempts),
            (true, false) => Err(Stop::RetryAfter),
            (true, true) => Ok(Nanos::from(hint)),
        };
        prop_assert_eq!(attempts.delay(made, throttled(hint)), expected);
    }
}
