//! Claims about when a call is worth another attempt.

use std::{collections::BTreeSet, time::Duration};

use proptest::prelude::*;
use rand::rngs::SmallRng;

use crate::{
    Backoff, Jitter, Outcome,
    backoff::generator,
    state::attempts::{Attempts, Stop},
    time::Nanos,
};

const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const SECOND: Nanos = Nanos(1_000_000_000);
const TICK: Duration = Duration::from_nanos(1);

fn rng() -> SmallRng {
    generator(Some(7))
}

fn attempts(most: u32, backoff: Backoff) -> Attempts {
    Attempts::new(most, LONGEST_PAUSE.into(), backoff, rng())
}

fn throttled(retry_after: Duration) -> Outcome {
    Outcome::Throttled { retry_after: Some(retry_after) }
}

/// Doubles from a second to a minute, without jitter.
fn plain() -> Backoff {
    Backoff::exponential(Duration::from_secs(1), Duration::from_secs(60)).jitter(Jitter::None)
}

fn of(delay: Duration, jitter: Jitter) -> Backoff {
    Backoff::exponential(delay, delay).jitter(jitter)
}

/// What a backoff of a few nanoseconds draws, in many draws.
fn all_drawn(delay: u64, jitter: Jitter) -> Vec<u64> {
    let (backoff, mut rng) = (of(Duration::from_nanos(delay), jitter), rng());
    (0..1_000).map(|_| backoff.delay(0, &mut rng).0).collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn a_transient_failure_is_worth_another_attempt() {
    assert_eq!(attempts(3, plain()).delay(1, Outcome::Transient), Ok(SECOND));
}

#[test]
fn a_throttled_call_without_a_hint_backs_off() {
    assert_eq!(attempts(3, plain()).delay(1, Outcome::Throttled { retry_after: None }), Ok(SECOND));
}

#[test]
fn every_other_outcome_stops() {
    for outcome in [Outcome::Success, Outcome::Failed, Outcome::Ignored] {
        assert_eq!(attempts(3, plain()).delay(1, outcome), Err(Stop::Outcome), "{outcome:?}");
    }
}

#[test]
fn an_outcome_that_stops_is_the_reason_after_the_last_attempt_too() {
    for outcome in [Outcome::Success, Outcome::Failed, Outcome::Ignored] {
        assert_eq!(attempts(3, plain()).delay(3, outcome), Err(Stop::Outcome), "{outcome:?}");
    }
}

#[test]
fn the_last_attempt_is_the_one_that_the_limit_says() {
    let attempts = attempts(3, plain());
    assert!(attempts.delay(2, Outcome::Transient).is_ok());
    assert_eq!(attempts.delay(3, Outcome::Transient), Err(Stop::MaxAttempts));
    assert_eq!(attempts.delay(4, Outcome::Transient), Err(Stop::MaxAttempts));
}

#[test]
fn a_throttled_call_has_no_more_attempts_than_another() {
    let attempts = attempts(3, plain());
    assert!(attempts.delay(2, throttled(TICK)).is_ok());
    assert_eq!(attempts.delay(3, throttled(TICK)), Err(Stop::MaxAttempts));
}

#[test]
fn one_attempt_never_retries() {
    assert_eq!(attempts(1, plain()).delay(1, Outcome::Transient), Err(Stop::MaxAttempts));
}

#[test]
fn the_greatest_number_of_attempts_is_kept_to() {
    let attempts = attempts(u32::MAX, plain());
    assert_eq!(attempts.delay(u32::MAX - 1, Outcome::Transient), Ok(Nanos(60 * SECOND.0)));
    assert_eq!(attempts.delay(u32::MAX, Outcome::Transient), Err(Stop::MaxAttempts));
}

#[test]
fn the_next_attempt_is_the_last_when_one_is_left() {
    let attempts = attempts(3, plain());
    assert_eq!([1, 2, 3].map(|made| attempts.is_last(made)), [false, true, true]);
}

#[test]
fn the_next_of_the_greatest_number_of_attempts_is_the_last_when_one_is_left() {
    let attempts = attempts(u32::MAX, plain());
    assert!(!attempts.is_last(u32::MAX - 2));
    assert!(attempts.is_last(u32::MAX - 1));
}

#[test]
fn the_first_retry_waits_the_base_and_each_next_one_twice_as_long() {
    let attempts = attempts(9, plain());
    let seconds = (1..=8).map(|made| attempts.delay(made, Outcome::Transient).unwrap().0 / SECOND.0);
    assert_eq!(seconds.collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32, 60, 60]);
}

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
fn calls_that_wait_at_the_same_step_draw_different_delays() {
    let attempts = attempts(3, Backoff::exponential(Duration::from_secs(1), Duration::from_secs(1)));
    let drawn: BTreeSet<_> = (0..100).map(|_| attempts.delay(1, Outcome::Transient).unwrap()).collect();
    assert_eq!(drawn.len(), 100);
}

#[test]
fn the_backoff_on_top_of_a_hint_is_drawn_for_each_call() {
    let attempts = attempts(3, Backoff::exponential(Duration::from_secs(1), Duration::from_secs(1)));
    let hint = Duration::from_secs(5);
    let drawn: BTreeSet<_> = (0..100).map(|_| attempts.delay(1, throttled(hint)).unwrap()).collect();
    assert_eq!(drawn.len(), 100);
    assert!(*drawn.first().unwrap() >= Nanos::from(hint));
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
fn without_a_seed_layers_draw_different_delays() {
    let backoff = of(Duration::from_secs(1), Jitter::Full);
    let draw = || {
        let mut rng = generator(None);
        [0; 4].map(|step| backoff.delay(step, &mut rng))
    };
    assert_ne!(draw(), draw());
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
fn a_base_of_zero_never_waits() {
    for jitter in [Jitter::None, Jitter::Equal, Jitter::Full] {
        let backoff = Backoff::exponential(Duration::ZERO, Duration::MAX).jitter(jitter);
        assert!([0, 1, 63, 64, u32::MAX].iter().all(|step| backoff.delay(*step, &mut rng()) == Nanos(0)), "{jitter:?}");
    }
}

#[test]
fn a_base_of_the_cap_waits_the_cap_at_every_step() {
    let backoff = of(Duration::from_secs(1), Jitter::None);
    assert!([0, 1, 24, 63, 64, u32::MAX].iter().all(|step| backoff.delay(*step, &mut rng()) == SECOND));
}

#[test]
fn the_base_doubles_for_as_long_as_it_fits() {
    let backoff = Backoff::exponential(TICK, Duration::MAX).jitter(Jitter::None);
    assert!((0..64).all(|step| backoff.delay(step, &mut rng()) == Nanos(1 << step)));
    assert_eq!(backoff.delay(64, &mut rng()), Nanos::MAX);
}

#[test]
fn no_step_overflows_under_the_greatest_cap() {
    let backoff = Backoff::exponential(Duration::from_millis(50), Duration::MAX).jitter(Jitter::None);
    assert_eq!(backoff.delay(38, &mut rng()), Nanos(50_000_000 << 38));
    for step in [39, 63, 64, 65, u32::MAX - 1, u32::MAX] {
        assert_eq!(backoff.delay(step, &mut rng()), Nanos::MAX, "{step}");
    }
}

#[test]
fn jitter_under_the_greatest_cap_does_not_overflow() {
    let step = u32::MAX;
    let backoff = Backoff::exponential(TICK, Duration::MAX);
    assert_ne!(backoff.jitter(Jitter::Full).delay(step, &mut rng()), Nanos::MAX);
    assert!(backoff.jitter(Jitter::Equal).delay(step, &mut rng()) >= Nanos(u64::MAX / 2));
}

#[test]
fn a_base_of_the_greatest_duration_does_not_overflow() {
    let backoff = of(Duration::MAX, Jitter::None);
    assert!([0, 1, u32::MAX].iter().all(|step| backoff.delay(*step, &mut rng()) == Nanos::MAX));
}

#[test]
fn the_step_that_reaches_the_cap_waits_the_cap() {
    let cap = |nanos| Backoff::exponential(Duration::from_nanos(5), Duration::from_nanos(nanos)).jitter(Jitter::None);
    assert_eq!([19, 20, 21].map(|nanos| cap(nanos).delay(2, &mut rng()).0), [19, 20, 20]);
}

#[test]
fn without_jitter_the_delay_is_exact() {
    assert_eq!(all_drawn(5, Jitter::None), [5]);
}

#[test]
fn full_jitter_draws_from_zero_to_the_delay() {
    assert_eq!(all_drawn(5, Jitter::Full), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn equal_jitter_draws_from_half_the_delay_to_the_delay() {
    assert_eq!(all_drawn(6, Jitter::Equal), [3, 4, 5, 6]);
}

#[test]
fn equal_jitter_waits_at_least_a_half_of_an_odd_delay() {
    assert!(all_drawn(5, Jitter::Equal).iter().all(|drawn| 2 * drawn >= 5));
}

#[test]
fn jitter_is_full_unless_told_otherwise() {
    let delay = Duration::from_secs(1);
    assert_eq!(Backoff::exponential(delay, delay), of(delay, Jitter::Full));
    assert_eq!(Jitter::default(), Jitter::Full);
}

#[test]
fn full_jitter_is_spread_evenly() {
    let (backoff, mut rng) = (of(Duration::from_secs(1), Jitter::Full), rng());
    let mut quarters = [0; 4];
    for _ in 0..4_000 {
        let quarter = (backoff.delay(0, &mut rng).0 * 4 / SECOND.0).min(3);
        quarters[usize::try_from(quarter).unwrap()] += 1;
    }
    assert!(quarters.iter().all(|drawn| (850..1_150).contains(drawn)), "{quarters:?}");
}

#[test]
fn jitter_takes_part_of_the_delay_after_the_cap() {
    let backoff = Backoff::exponential(Duration::from_secs(1), Duration::from_secs(3)).jitter(Jitter::Equal);
    let mut rng = rng();
    assert!((0..1_000).all(|_| (1_500_000_000..=3 * SECOND.0).contains(&backoff.delay(20, &mut rng).0)));
}

#[test]
fn a_delay_of_less_than_a_millisecond_is_not_cut_off() {
    assert_eq!(
        attempts(3, of(Duration::from_nanos(1_234_567), Jitter::None)).delay(1, Outcome::Transient),
        Ok(Nanos(1_234_567))
    );
    assert_eq!(attempts(3, of(TICK, Jitter::None)).delay(1, Outcome::Transient), Ok(Nanos(1)));
}

#[test]
fn jitter_draws_parts_of_a_millisecond() {
    let (backoff, mut rng) = (of(Duration::from_micros(999), Jitter::Full), rng());
    assert!((0..100).any(|_| backoff.delay(0, &mut rng).0 % 1_000 != 0));
}

#[test]
fn a_constant_backoff_waits_the_same_at_every_step() {
    let backoff = Backoff::constant(Duration::from_millis(1_500));
    assert!([0, 1, 24, u32::MAX].iter().all(|step| backoff.delay(*step, &mut rng()) == Nanos(1_500_000_000)));
}

#[test]
fn no_backoff_never_waits() {
    assert!([0, 1, u32::MAX].iter().all(|step| Backoff::none().delay(*step, &mut rng()) == Nanos(0)));
}

#[test]
fn a_base_above_the_cap_is_no_backoff() {
    let cap = Duration::from_secs(1);
    assert!(Backoff::exponential(Duration::from_nanos(999_999_999), cap).check("backoff").is_ok());
    assert!(Backoff::exponential(cap, cap).check("backoff").is_ok());
    assert!(Backoff::exponential(cap + TICK, cap).check("backoff").is_err());
}

#[test]
fn every_limit_of_a_backoff_is_legal() {
    for (base, cap) in
        [(Duration::ZERO, Duration::ZERO), (Duration::ZERO, Duration::MAX), (Duration::MAX, Duration::MAX)]
    {
        assert!(Backoff::exponential(base, cap).check("backoff").is_ok(), "{base:?} {cap:?}");
    }
}

#[test]
fn each_reason_to_stop_has_a_name_of_its_own() {
    use Stop::{Budget, Deadline, MaxAttempts, NoCopy, Outcome, Rejected, RetryAfter, RetryIf};

    let reasons = [Outcome, Rejected, MaxAttempts, RetryAfter, NoCopy, RetryIf, Deadline, Budget];
    let names = ["outcome", "rejected", "max_attempts", "retry_after", "no_copy", "retry_if", "deadline", "budget"];
    assert_eq!(reasons.map(Stop::as_str), names);
}

fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(Duration::ZERO),
        Just(Duration::MAX),
        (0..100_u64).prop_map(Duration::from_nanos),
        any::<u64>().prop_map(Duration::from_nanos),
        any::<u64>().prop_map(Duration::from_secs),
    ]
}

fn step() -> impl Strategy<Value = u32> {
    prop_oneof![0..70_u32, any::<u32>(), Just(u32::MAX)]
}

/// The least of the cap and the base doubled as often as the step says.
fn longest(base: Duration, cap: Duration, step: u32) -> u128 {
    let cap = u128::from(Nanos::from(cap).0);
    let double = |delay: u128| (2 * delay).min(cap);
    (0..step.min(64)).fold(u128::from(Nanos::from(base).0).min(cap), |delay, _| double(delay))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_delay_is_of_the_doubled_base_under_the_cap(
        (base, cap, step, seed) in (duration(), duration(), step(), any::<u64>())
    ) {
        let (base, cap) = (base.min(cap), base.max(cap));
        let longest = longest(base, cap, step);
        let drawn = |jitter| {
            let backoff = Backoff::exponential(base, cap).jitter(jitter);
            u128::from(backoff.delay(step, &mut generator(Some(seed))).0)
        };
        prop_assert_eq!(drawn(Jitter::None), longest);
        prop_assert!(drawn(Jitter::Full) <= longest);
        prop_assert!((longest / 2..=longest).contains(&drawn(Jitter::Equal)));
    }

    #[test]
    fn a_pause_lies_between_the_hint_and_the_hint_with_the_longest_backoff(
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
