//! Another rate, and another burst.

use super::*;

fn set_rate(bucket: &Bucket, calls: u32, now: u64) {
    bucket.set(at(now), None, |_, burst| (Rate::per_second(calls), burst));
}

fn set_burst(bucket: &Bucket, calls: u32, now: u64) {
    bucket.set(at(now), None, |rate, _| (rate, calls));
}

#[test]
fn what_was_taken_stays_taken_at_another_rate() {
    for rate in [1, 2, 3, 1_000, 1_000_000_000] {
        for taken in 0..=5 {
            let bucket = bucket(5);
            take(&bucket, taken, S).ok();
            set_rate(&bucket, rate, S);
            assert_eq!(available(&bucket, S), 5 - taken, "{taken} at {rate}");
            assert_eq!(take_all(&bucket, S), 5 - taken, "{taken} at {rate}");
        }
    }
}

#[test]
fn the_next_call_comes_at_the_new_rate() {
    let bucket = bucket(1);
    take_all(&bucket, S);
    set_rate(&bucket, 10, S);
    assert_eq!(take(&bucket, 1, S), Err(Some(S / 10)));
    set_rate(&bucket, 1, S + S / 20);
    assert_eq!(take(&bucket, 1, S + S / 20), Err(Some(S / 2)), "half a call was taken");
}

#[test]
fn a_full_bucket_stays_full() {
    for now in [0, 1, S] {
        let bucket = bucket(3);
        set_rate(&bucket, 7, now);
        assert_eq!(take_all(&bucket, now), 3);
    }
}

#[test]
fn what_was_taken_stays_taken_at_another_burst() {
    let bucket = bucket(5);
    take(&bucket, 3, S).unwrap();
    for (burst, left) in [(10, 7), (3, 0), (2, 0), (4, 1)] {
        set_burst(&bucket, burst, S);
        assert_eq!(available(&bucket, S), left, "{burst}");
    }
    set_burst(&bucket, 2, S);
    assert_eq!(take(&bucket, 1, S), Err(Some(2 * S)));
}

#[test]
fn a_rate_of_none_lets_nothing_pass_and_time_fills_on() {
    let bucket = bucket(5);
    take_all(&bucket, S);
    set_rate(&bucket, 0, S);
    assert_eq!(take(&bucket, 1, 2 * S), Err(None));
    set_rate(&bucket, 1, 3 * S);
    assert_eq!(take_all(&bucket, 3 * S), 2);
}

#[test]
fn who_has_a_turn_keeps_its_moment_but_gives_nothing_back() {
    let bucket = bucket(1);
    take_all(&bucket, S);
    let turn = reserve(&bucket, 1, S);
    set_rate(&bucket, 2, S);
    bucket.give_back(turn);
    assert_eq!((turn.due, reserve(&bucket, 1, S).due), (at(2 * S), at(2 * S)));
}

#[test]
fn a_view_shows_what_was_set() {
    let bucket = Bucket::new(Rate::per(Duration::from_secs(60), 600), 5);
    let shown = |bucket: &Bucket| (bucket.view(at(0)).rate, bucket.view(at(0)).burst);
    assert_eq!(shown(&bucket), (Rate::per(Duration::from_secs(60), 600), 5));
    set_rate(&bucket, 3, 0);
    set_burst(&bucket, 9, 0);
    assert_eq!((shown(&bucket), shown(&bucket.fork())), ((Rate::per_second(3), 9), (Rate::per_second(3), 9)));
}
