//! Claims about what jitter draws.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{SECOND, TICK, by, of, rng};
use crate::backoff::{Backoff, Jitter, generator};
use crate::time::Nanos;

/// What a backoff of a few nanoseconds draws, in many draws.
fn all_drawn(delay: u64, jitter: Jitter) -> Vec<u64> {
    let (backoff, mut rng) = (of(Duration::from_nanos(delay), jitter), rng());
    (0..1_000).map(|_| backoff.delay(0, by(&mut rng)).0).collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn without_a_seed_layers_draw_different_delays() {
    let backoff = of(Duration::from_secs(1), Jitter::Full);
    let draw = || {
        let mut rng = generator(None);
        [0; 4].map(|step| backoff.delay(step, by(&mut rng)))
    };
    assert_ne!(draw(), draw());
}

#[test]
fn jitter_under_the_greatest_cap_does_not_overflow() {
    let step = u32::MAX;
    let backoff = Backoff::exponential(TICK, Duration::MAX);
    assert_ne!(backoff.jitter(Jitter::Full).delay(step, by(&mut rng())), Nanos::MAX);
    assert!(backoff.jitter(Jitter::Equal).delay(step, by(&mut rng())) >= Nanos(u64::MAX / 2));
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
        let quarter = (backoff.delay(0, by(&mut rng)).0 * 4 / SECOND.0).min(3);
        quarters[usize::try_from(quarter).unwrap()] += 1;
    }
    assert!(quarters.iter().all(|drawn| (850..1_150).contains(drawn)), "{quarters:?}");
}

#[test]
fn jitter_takes_part_of_the_delay_after_the_cap() {
    let backoff = Backoff::exponential(Duration::from_secs(1), Duration::from_secs(3)).jitter(Jitter::Equal);
    let mut rng = rng();
    assert!((0..1_000).all(|_| (1_500_000_000..=3 * SECOND.0).contains(&backoff.delay(20, by(&mut rng)).0)));
}

#[test]
fn jitter_draws_parts_of_a_millisecond() {
    let (backoff, mut rng) = (of(Duration::from_micros(999), Jitter::Full), rng());
    assert!((0..100).any(|_| backoff.delay(0, by(&mut rng)).0 % 1_000 != 0));
}
