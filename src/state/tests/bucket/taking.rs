//! What passes when.

use super::*;

#[test]
fn a_bucket_starts_full() {
    for burst in [1, 2, 100, u32::MAX] {
        assert_eq!(take(&bucket(burst), burst, 0), Ok(()));
    }
    assert_eq!(take_all(&bucket(7), 5 * S), 7);
}

#[test]
fn a_refused_call_passes_exactly_when_it_was_told() {
    let bucket = bucket(3);
    take_all(&bucket, 10);
    for calls in [1, 2, 3] {
        let Err(Some(after)) = take(&bucket, calls, 17) else { panic!("it is empty") };
        assert_eq!(after, u64::from(calls) * S + 10 - 17);
        assert_eq!(take(&bucket, calls, 17 + after - 1), Err(Some(1)));
    }
    assert_eq!(take(&bucket, 3, 10 + 3 * S), Ok(()));
}

#[test]
fn a_refused_call_takes_nothing() {
    let bucket = bucket(2);
    take_all(&bucket, 0);
    (0..100).for_each(|_| assert!(take(&bucket, 1, 1).is_err()));
    assert_eq!(take(&bucket, 1, S), Ok(()));
}

#[test]
fn calls_follow_each_other_at_the_rate() {
    let bucket = Bucket::new(Rate::per(Duration::from_secs(60), 600), 1);
    let passed: Vec<_> = (0..S).step_by(25_000_000).filter(|now| take(&bucket, 1, *now).is_ok()).collect();
    assert_eq!(passed, (0..10).map(|call| call * 100 * MS).collect::<Vec<_>>());
}

#[test]
fn an_interval_is_rounded_up_to_a_nanosecond() {
    for (rate, interval) in [
        (Rate::per_second(3), 333_333_334),
        (Rate::per_second(1_000_000_000), 1),
        (Rate::per_second(600_000_000), 2),
        (Rate::per_second(u32::MAX), 1),
        (Rate::per(Duration::from_nanos(10), 9), 2),
    ] {
        let bucket = Bucket::new(rate, 1);
        assert_eq!((take(&bucket, 1, 0), take(&bucket, 1, 0)), (Ok(()), Err(Some(interval))), "{rate}");
    }
}

#[test]
fn no_calls_pass_at_any_time() {
    let bucket = bucket(1);
    take_all(&bucket, 0);
    bucket.shut(at(9 * S));
    assert_eq!(take(&bucket, 0, 0), Ok(()));
    assert_eq!(take(&bucket, 0, S), Ok(()));
    assert_eq!(take(&Bucket::new(Rate::per_second(0), 1), 0, 0), Ok(()));
    assert_eq!(take(&bucket, 1, 9 * S), Ok(()), "they took nothing");
}

#[test]
fn what_costs_more_than_the_burst_never_passes() {
    for calls in [4, u32::MAX] {
        assert_eq!(take(&bucket(3), calls, 0), Err(None));
        assert_eq!(bucket(3).take(calls, at(0), Nanos::MAX), Err(None));
    }
}

#[test]
fn at_a_rate_of_no_calls_nothing_passes() {
    let bucket = Bucket::new(Rate::per_second(0), 5);
    assert_eq!((take(&bucket, 1, 0), take(&bucket, 1, 9 * S)), (Err(None), Err(None)));
    assert_eq!((available(&bucket, 0), bucket.drain(at(0)), bucket.view(at(0)).next), (0, 0, None));
}

#[test]
fn a_bucket_never_holds_more_than_the_burst() {
    let bucket = bucket(3);
    take_all(&bucket, 0);
    for now in [3 * S, 1_000 * S, u64::MAX / 2] {
        assert_eq!(take_all(&bucket, now), 3);
    }
}

#[test]
fn a_clock_that_goes_back_or_stands_still_lets_no_more_pass() {
    let bucket = bucket(2);
    assert_eq!(take_all(&bucket, 10 * S), 2);
    for now in [10 * S, 9 * S, 0] {
        assert_eq!(take(&bucket, 1, now), Err(Some(11 * S - now)));
    }
}

#[test]
fn a_bucket_that_never_fills_lets_its_burst_pass_once() {
    for (period, burst) in [(Duration::MAX, 1), (Duration::MAX, 100), (Duration::from_secs(1 << 33), u32::MAX)] {
        let bucket = Bucket::new(Rate::per(period, 1), burst);
        assert_eq!(take(&bucket, burst, 3 * S), Ok(()), "{period:?}");
        assert!(take(&bucket, 1, 3 * S).is_err());
        assert!(take(&bucket, burst, 1_000_000 * S).is_err());
    }
}

#[test]
fn at_the_end_of_time_nothing_overflows() {
    let bucket = bucket(3);
    assert_eq!(take_all(&bucket, u64::MAX - 2 * S), 2, "the third would be full again after it");
    assert_eq!(take_all(&bucket, u64::MAX), 0);
    bucket.shut(Nanos::MAX);
    assert_eq!((available(&bucket, u64::MAX - 1), bucket.drain(at(u64::MAX - 1))), (0, 0));
}

#[test]
fn what_is_available_passes_and_one_more_passes_at_the_next_moment() {
    let bucket = bucket(3);
    assert_eq!((available(&bucket, 0), bucket.view(at(0)).next), (3, None));
    for taken in 1..=3 {
        assert_eq!(take(&bucket, 1, 0), Ok(()));
        assert_eq!((available(&bucket, 0), bucket.view(at(0)).next), (3 - taken, Some(at(S))));
    }
    assert_eq!((available(&bucket, S - 1), available(&bucket, S), available(&bucket, 9 * S)), (0, 1, 3));
    assert_eq!(bucket.view(at(S + 1)).next, Some(at(2 * S)));
}

#[test]
fn draining_takes_the_fraction_too() {
    let bucket = bucket(3);
    assert_eq!((bucket.drain(at(0)), available(&bucket, 0)), (3, 0));
    assert_eq!((take(&bucket, 1, S - 1), take(&bucket, 1, S)), (Err(Some(1)), Ok(())));
    assert_eq!((bucket.drain(at(2 * S + S / 2)), take(&bucket, 1, 2 * S + S / 2)), (1, Err(Some(S))));
}

#[test]
fn a_key_is_kept_until_its_bucket_is_full() {
    let key = bucket(3).fork();
    assert_eq!(key.retention(), Retention::Until(at(0)));
    take(&key, 2, 10).unwrap();
    assert_eq!(key.retention(), Retention::Until(at(10 + 2 * S)));
    key.shut(at(9 * S));
    assert_eq!(key.retention(), Retention::Until(at(11 * S)));
    key.set(at(10), None, |rate, burst| (rate, burst));
    assert_eq!(key.retention(), Retention::Until(Nanos::MAX));
}

#[test]
fn what_was_set_by_hand_is_so_until_it_is_as_the_model() {
    let (model, key) = (bucket(3), bucket(3).fork());
    let is_by_hand = |set: Option<&Bucket>, rate, burst| {
        key.set(at(0), set, |_, _| (Rate::per_second(rate), burst));
        key.retention() == Retention::Until(Nanos::MAX)
    };
    for (set, rate, burst, expected) in [
        (Some(&model), 1, 3, false),
        (Some(&model), 2, 3, true),
        (Some(&model), 1, 4, true),
        (Some(&model), 1, 3, false),
        (None, 1, 3, true),
    ] {
        assert_eq!(is_by_hand(set, rate, burst), expected, "{rate} and {burst}");
    }
}

#[test]
fn every_refusal_is_counted_and_no_pass() {
    for bucket in [bucket(1), bucket(1).fork()] {
        assert_eq!(bucket.view(at(0)).rejected, 0);
        (0..3).for_each(|_| bucket.count_rejected());
        assert_eq!(bucket.view(at(0)).rejected, 3);
    }
}
