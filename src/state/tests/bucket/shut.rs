//! A bucket that is shut.

use super::*;

#[test]
fn one_call_passes_at_the_end_and_then_the_rate() {
    for burst in [1, 2, 5] {
        let bucket = bucket(burst);
        bucket.shut(at(10 * S));
        assert_eq!(take(&bucket, 1, 3), Err(Some(10 * S - 3)));
        assert_eq!((available(&bucket, 10 * S - 1), available(&bucket, 10 * S)), (0, 1));
        assert_eq!((take_all(&bucket, 10 * S), take_all(&bucket, 11 * S)), (1, 1));
        assert_eq!(take(&bucket, 1, 11 * S), Err(Some(S)));
    }
}

#[test]
fn a_shorter_time_shortens_nothing() {
    let bucket = bucket(1);
    assert!(bucket.shut(at(10 * S)));
    assert!(!bucket.shut(at(S)) && !bucket.shut(at(10 * S)));
    assert_eq!(take(&bucket, 1, S), Err(Some(9 * S)));
}

#[test]
fn a_debt_beyond_the_end_stays() {
    let bucket = bucket(1);
    for _ in 0..5 {
        reserve(&bucket, 1, 0);
    }
    bucket.shut(at(2 * S));
    assert_eq!(take(&bucket, 1, 0), Err(Some(5 * S)));
}

#[test]
fn no_burst_and_no_rate_opens_it_before_its_time() {
    for (rate, burst) in [(1, 100), (1_000, 1), (1_000, 100), (0, 1)] {
        let bucket = bucket(2);
        bucket.shut(at(10 * S));
        bucket.set(at(S), None, |_, _| (Rate::per_second(rate), burst));
        assert_eq!(take_all(&bucket, 10 * S - 1), 0, "{rate} and {burst}");
        bucket.set(at(S), None, |_, _| (Rate::per_second(1), 2));
        assert_eq!(take_all(&bucket, 10 * S), 1, "{rate} and {burst}");
    }
}

#[test]
fn whatever_is_set_meanwhile_one_call_passes_at_the_end() {
    for (rate, burst) in [(1, 100), (10, 100), (10, 1), (1, 1), (0, 5), (1, u32::MAX)] {
        let bucket = bucket(5);
        bucket.shut(at(10 * S));
        bucket.set(at(S), None, |_, _| (Rate::per_second(rate), burst));
        assert_eq!(take_all(&bucket, 10 * S), rate.min(1), "{rate} and {burst}");
        bucket.set(at(10 * S), None, |_, _| (Rate::per_second(1), burst));
        assert_eq!(take_all(&bucket, 11 * S), 2 - rate.min(1), "{rate} and {burst}");
    }
}

#[test]
fn a_turn_after_the_end_stays_taken_whatever_is_set_meanwhile() {
    for (rate, burst) in [(1, 100), (10, 100), (10, 1), (1, 1)] {
        let bucket = bucket(5);
        bucket.shut(at(10 * S));
        assert_eq!([0, 0].map(|now| reserve(&bucket, 1, now).due), [at(10 * S), at(11 * S)]);
        bucket.set(at(S), None, |_, _| (Rate::per_second(rate), burst));
        let next = reserve(&bucket, 1, S).due.0;
        let expected = 10 * S + 2 * S / u64::from(rate);
        assert!((expected..=expected + 2).contains(&next), "{rate} and {burst}: {next}");
    }
}

#[test]
fn once_it_is_over_another_burst_adds_room_at_once() {
    let bucket = bucket(5);
    bucket.shut(at(10 * S));
    bucket.set(at(12 * S), None, |rate, _| (rate, 100));
    assert_eq!(available(&bucket, 12 * S), 98, "one at the end and two since are left of five, and 95 were added");
}

#[test]
fn a_bucket_that_is_opened_has_what_it_would_have_had() {
    for (taken, left) in [(0, 5), (3, 4), (5, 2)] {
        let bucket = bucket(5);
        take(&bucket, taken, S).unwrap();
        assert!(bucket.shut(at(100 * S)));
        assert!(bucket.open(at(3 * S)) && !bucket.open(at(3 * S)));
        assert_eq!(take_all(&bucket, 3 * S), left, "{taken}");
    }
    let bucket = bucket(5);
    bucket.shut(at(10 * S));
    assert!(!bucket.open(at(10 * S)), "it is over");
    assert_eq!(take_all(&bucket, 10 * S), 1);
}

#[test]
fn a_turn_given_back_is_free_though_it_was_shut_meanwhile() {
    let bucket = bucket(2);
    take_all(&bucket, 0);
    let turn = reserve(&bucket, 1, 0);
    bucket.shut(at(S));
    bucket.give_back(turn);
    assert_eq!((take(&bucket, 1, S), take(&bucket, 1, S)), (Ok(()), Err(Some(S))));
}

#[test]
fn a_lower_rate_keeps_it_shut_no_longer() {
    let bucket = Bucket::new(Rate::per_second(1_000), 1);
    bucket.shut(at(10 * S));
    bucket.set(at(S), None, |_, burst| (Rate::per_second(1), burst));
    assert_eq!(take(&bucket, 1, 10 * S), Ok(()));
}
