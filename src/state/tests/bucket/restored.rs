//! Claims about a bucket that goes on from another.

use proptest::prelude::*;

use super::*;
use crate::state::bucket::Saved;

fn restored(fresh: Bucket, saved: Saved, age: u64, now: u64) -> Bucket {
    assert!(fresh.restore(saved, at(age), at(0), at(now)));
    fresh
}

#[test]
fn what_was_taken_stays_taken_and_time_fills_it() {
    let first = bucket(5);
    take(&first, 4, 0).unwrap();
    let saved = first.saved(at(0));
    for (age, there) in [(0, 1), (S - 1, 1), (S, 2), (4 * S, 5), (u64::MAX, 5)] {
        assert_eq!(available(&restored(bucket(5), saved, age, 7), 7), there, "{age}");
    }
}

#[test]
fn what_was_taken_is_counted_in_calls_at_another_rate() {
    let first = bucket(5);
    take(&first, 4, 0).unwrap();
    for calls in [1, 2, 1_000] {
        let other = restored(Bucket::new(Rate::per_second(calls), 5), first.saved(at(0)), 0, 0);
        assert_eq!(available(&other, 0), 1, "{calls}");
    }
    assert_eq!(available(&restored(bucket(2), first.saved(at(0)), 0, 0), 0), 0);
}

#[test]
fn a_smaller_bucket_is_empty_and_owes_nothing() {
    let first = bucket(100);
    take(&first, 100, 0).unwrap();
    let small = restored(bucket(2), first.saved(at(0)), 0, 0);
    assert_eq!((available(&small, S - 1), available(&small, S)), (0, 1));
}

#[test]
fn a_bucket_that_is_shut_stays_so_for_as_long_as_it_may() {
    let first = bucket(3);
    first.shut(at(9 * S));
    for (longest, opens) in [(9 * S, 9 * S), (u64::MAX, 9 * S), (4 * S, 5 * S)] {
        let other = bucket(3);
        assert!(other.restore(first.saved(at(0)), at(0), at(longest), at(0)));
        assert_eq!((available(&other, opens - 1), available(&other, opens)), (0, 1), "{longest}");
    }
}

#[test]
fn calls_that_waited_have_gone_with_their_process() {
    let first = bucket(2);
    take(&first, 2, 0).unwrap();
    (0..5).for_each(|_| _ = reserve(&first, 1, 0));
    assert_eq!(available(&restored(bucket(2), first.saved(at(0)), 0, 0), S), 1);
}

#[test]
fn what_a_bucket_was_used_or_set_for_stays() {
    let saved = bucket(3).saved(at(0));
    let used: [fn(&Bucket); 5] = [
        |bucket| take(bucket, 1, 0).unwrap(),
        |bucket| bucket.count_rejected(),
        |bucket| _ = bucket.shut(at(9)),
        |bucket| _ = bucket.drain(at(0)),
        |bucket| _ = bucket.set(at(0), None, |rate, burst| (rate, burst)),
    ];
    for (number, used_by) in used.into_iter().enumerate() {
        let bucket = bucket(3);
        used_by(&bucket);
        assert!(!bucket.restore(saved, at(0), at(0), at(0)), "{number}");
    }
}

#[test]
fn no_time_is_too_long() {
    for rate in [Rate::per_second(0), Rate::per(Duration::MAX, 1), Rate::per_second(u32::MAX)] {
        for now in [0, 1, u64::MAX] {
            let first = Bucket::new(rate, u32::MAX);
            take(&first, 1, now).ok();
            first.shut(at(u64::MAX));
            let other = bucket(1);
            assert!(other.restore(first.saved(at(now)), at(0), at(u64::MAX), at(now)));
            assert!(take(&other, 1, now).is_err() || now == u64::MAX);
            other.view(at(u64::MAX));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_restored_bucket_decides_as_the_first_one_would(
        calls in 1..50_u32,
        burst in 1..10_u32,
        before in prop::collection::vec((1..4_u32, 0..S), 0..40),
        between in 0..5 * S,
        after in prop::collection::vec((1..4_u32, 0..S), 0..40),
    ) {
        let make = || Bucket::new(Rate::per(Duration::from_secs(1), calls), burst);
        let (first, mut now) = (make(), 0);
        for (calls, passed) in before {
            now += passed;
            take(&first, calls, now).ok();
        }
        let saved = first.saved(at(now));
        now += between;
        let second = restored(make(), saved, between, now);
        for (calls, passed) in after {
            now += passed;
            prop_assert_eq!(take(&first, calls, now), take(&second, calls, now));
        }
    }
}
