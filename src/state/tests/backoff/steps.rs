//! Claims about the delay of each step.

use std::time::Duration;

use proptest::prelude::*;

use super::{SECOND, TICK, by, duration, longest, of, rng};
use crate::backoff::{Backoff, Jitter, generator};
use crate::time::Nanos;

#[test]
fn a_base_of_zero_never_waits() {
    for jitter in [Jitter::None, Jitter::Equal, Jitter::Full] {
        let backoff = Backoff::exponential(Duration::ZERO, Duration::MAX).jitter(jitter);
        assert!(
            [0, 1, 63, 64, u32::MAX].iter().all(|step| backoff.delay(*step, by(&mut rng())) == Nanos(0)),
            "{jitter:?}"
        );
    }
}

#[test]
fn a_base_of_the_cap_waits_the_cap_at_every_step() {
    let backoff = of(Duration::from_secs(1), Jitter::None);
    assert!([0, 1, 24, 63, 64, u32::MAX].iter().all(|step| backoff.delay(*step, by(&mut rng())) == SECOND));
}

#[test]
fn the_base_doubles_for_as_long_as_it_fits() {
    let backoff = Backoff::exponential(TICK, Duration::MAX).jitter(Jitter::None);
    assert!((0..64).all(|step| backoff.delay(step, by(&mut rng())) == Nanos(1 << step)));
    assert_eq!(backoff.delay(64, by(&mut rng())), Nanos::MAX);
}

#[test]
fn no_step_overflows_under_the_greatest_cap() {
    let backoff = Backoff::exponential(Duration::from_millis(50), Duration::MAX).jitter(Jitter::None);
    assert_eq!(backoff.delay(38, by(&mut rng())), Nanos(50_000_000 << 38));
    for step in [39, 63, 64, 65, u32::MAX - 1, u32::MAX] {
        assert_eq!(backoff.delay(step, by(&mut rng())), Nanos::MAX, "{step}");
    }
}

#[test]
fn a_base_of_the_greatest_duration_does_not_overflow() {
    let backoff = of(Duration::MAX, Jitter::None);
    assert!([0, 1, u32::MAX].iter().all(|step| backoff.delay(*step, by(&mut rng())) == Nanos::MAX));
}

#[test]
fn the_step_that_reaches_the_cap_waits_the_cap() {
    let cap = |nanos| Backoff::exponential(Duration::from_nanos(5), Duration::from_nanos(nanos)).jitter(Jitter::None);
    assert_eq!([19, 20, 21].map(|nanos| cap(nanos).delay(2, by(&mut rng())).0), [19, 20, 20]);
}

#[test]
fn a_constant_backoff_waits_the_same_at_every_step() {
    let backoff = Backoff::constant(Duration::from_millis(1_500));
    assert!([0, 1, 24, u32::MAX].iter().all(|step| backoff.delay(*step, by(&mut rng())) == Nanos(1_500_000_000)));
}

#[test]
fn no_backoff_never_waits() {
    assert!([0, 1, u32::MAX].iter().all(|step| Backoff::none().delay(*step, by(&mut rng())) == Nanos(0)));
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

fn step() -> impl Strategy<Value = u32> {
    prop_oneof![0..70_u32, any::<u32>(), Just(u32::MAX)]
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
            u128::from(backoff.delay(step, by(&mut generator(Some(seed)))).0)
        };
        prop_assert_eq!(drawn(Jitter::None), longest);
        prop_assert!(drawn(Jitter::Full) <= longest);
        prop_assert!((longest / 2..=longest).contains(&drawn(Jitter::Equal)));
    }
}

#[test]
fn a_factor_says_how_much_longer_each_step_is() {
    let backoff = |factor| Backoff::exponential(Duration::from_secs(1), Duration::from_secs(15)).factor(factor);
    let steps =
        |factor| [0, 1, 2, 3, 11].map(|step| backoff(factor).jitter(Jitter::None).delay(step, by(&mut rng())).0);
    assert_eq!(steps(1.3), [1_000_000_000, 1_300_000_000, 1_690_000_000, 2_197_000_000, 15_000_000_000]);
    assert_eq!(steps(1.0), [1_000_000_000; 5]);
    assert_eq!(steps(100.0), [1_000_000_000, 15_000_000_000, 15_000_000_000, 15_000_000_000, 15_000_000_000]);
}

#[test]
fn a_factor_below_one_or_above_a_hundred_is_illegal() {
    let check = |factor| Backoff::constant(Duration::ZERO).factor(factor).check("open_for");
    assert!([1.0, 1.3, 100.0].into_iter().all(|factor| check(factor).is_ok()));
    for factor in [0.0, 0.999, 100.001, -2.0, f64::NAN, f64::INFINITY] {
        let error = check(factor).unwrap_err().to_string();
        assert!(error.contains(&format!("a factor of {factor}")) && error.contains("a factor of 1 to 100"), "{error}");
    }
}
