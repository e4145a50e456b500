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
    bucket.shut(at(10 * S));
    bucket.shut(at(S));
    assert_eq!(take(&bucket, 1, S), Err(Some(9 * S)));
}

#[test]
fn a_debt_beyond_the_end_stays() {
    let bucket = bucket(1);
    for _ in 0..5 {
        reserve(&bucket, 1, 0);
    }
    bucket.shut(at(2 * S));
    assert_eq!(take(&bucket, 1, 0), Err(Some(5 * S + 1)));
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
fn a_lower_rate_keeps_it_shut_no_longer() {
    let bucket = Bucket::new(Rate::per_second(1_000), 1);
    bucket.shut(at(10 * S));
    bucket.set(at(S), None, |_, burst| (Rate::per_second(1), burst));
    assert_eq!(take(&bucket, 1, 10 * S), Ok(()));
}
