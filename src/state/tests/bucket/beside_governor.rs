//! The same calls pass at the same times as with the crate `governor`.

use std::num::NonZeroU32;

use governor::clock::FakeRelativeClock;
use governor::{Quota, RateLimiter};
use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_calls_pass_at_the_same_times_as_with_governor(
        interval in prop_oneof![1..100_u64, 1..S, 1..100 * S],
        burst in 1..20_u32,
        steps in prop::collection::vec((0..25_u32, prop_oneof![Just(0), 1..30_u64]), 0..100),
    ) {
        let bucket = Bucket::new(Rate::per(Duration::from_nanos(interval), 1), burst);
        let clock = FakeRelativeClock::default();
        let quota = Quota::with_period(Duration::from_nanos(interval)).unwrap();
        let quota = quota.allow_burst(NonZeroU32::new(burst).unwrap());
        let theirs = RateLimiter::direct_with_clock(quota, clock.clone());
        let mut now = 0;
        for (calls, eighths) in steps {
            let pass = interval / 8 * eighths + eighths % 2;
            clock.advance(Duration::from_nanos(pass));
            now += pass;
            let Some(count) = NonZeroU32::new(calls) else { continue };
            let expected = match theirs.check_n(count) {
                Ok(Ok(())) => Ok(()),
                Ok(Err(until)) => Err(Some(until.earliest_possible().as_u64() - now)),
                Err(_) => Err(None),
            };
            prop_assert_eq!(take(&bucket, calls, now), expected);
        }
    }
}
