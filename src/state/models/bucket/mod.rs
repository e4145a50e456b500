//! Claims about the bucket of a rate limit.

use loom::model;

use super::{race, race_of_three};
use crate::state::bucket::{Bucket, Saved};
use crate::state::rate::Rate;
use crate::sync::Arc;
use crate::time::Nanos;

const S: u64 = 1_000_000_000;
const START: Nanos = Nanos(5 * S);

/// One call each second.
fn bucket(burst: u32) -> Arc<Bucket> {
    Arc::new(Bucket::new(Rate::per_second(1), burst).fork())
}

fn take(bucket: &Bucket, calls: u32) -> u32 {
    if bucket.take(calls, START, START).is_ok() { calls } else { 0 }
}

fn set_rate(bucket: &Bucket, calls: u32) {
    bucket.set(START, None, |_, burst| (Rate::per_second(calls), burst));
}

#[test]
fn no_more_pass_than_the_burst() {
    model(|| {
        let bucket = bucket(2);
        let (first, second) = (Arc::clone(&bucket), Arc::clone(&bucket));
        let (one, two, three) = race_of_three(move || take(&first, 1), move || take(&second, 1), || take(&bucket, 1));
        assert_eq!(one + two + three, 2);
        assert!(bucket.take(1, Nanos(6 * S), Nanos(6 * S)).is_ok());
    });
}

#[test]
fn calls_of_several_pass_whole_or_not_at_all() {
    model(|| {
        let bucket = bucket(3);
        let other = Arc::clone(&bucket);
        let taken = race(move || take(&other, 2), || take(&bucket, 2));
        assert!(matches!(taken, (2, 0) | (0, 2)));
        assert_eq!(bucket.view(START).available, 1);
    });
}

#[test]
fn no_two_get_the_same_turn() {
    model(|| {
        let bucket = bucket(1);
        take(&bucket, 1);
        let other = Arc::clone(&bucket);
        let reserve = |bucket: &Bucket| bucket.take(1, START, Nanos::MAX).unwrap().due.0;
        let (one, two) = race(move || reserve(&other), || reserve(&bucket));
        assert_eq!((one.min(two), one.max(two)), (6 * S, 7 * S));
    });
}

#[test]
fn a_turn_is_given_back_or_lost_and_never_twice() {
    model(|| {
        let bucket = bucket(1);
        take(&bucket, 1);
        let turn = bucket.take(1, START, Nanos::MAX).unwrap();
        let other = Arc::clone(&bucket);
        let reserve = |bucket: &Bucket| bucket.take(1, START, Nanos::MAX).unwrap().due.0;
        let ((), next) = race(move || other.give_back(turn), || reserve(&bucket));
        // Given back before: the next has it. Lost: the next comes after it.
        assert!([6 * S, 7 * S].contains(&next));
        assert_eq!(reserve(&bucket), next + S);
    });
}

#[test]
fn the_last_two_turns_are_given_back_in_order_or_the_first_is_lost() {
    model(|| {
        let bucket = bucket(1);
        take(&bucket, 1);
        let (first, second) = [(); 2].map(|()| bucket.take(1, START, Nanos::MAX).unwrap()).into();
        let other = Arc::clone(&bucket);
        race(move || other.give_back(first), || bucket.give_back(second));
        let next = bucket.take(1, START, Nanos::MAX).unwrap().due.0;
        assert!([6 * S, 7 * S].contains(&next));
    });
}

#[test]
fn what_was_taken_stays_taken_while_the_rate_changes() {
    for rate in [2, 1_000_000_000] {
        model(move || {
            let bucket = bucket(3);
            take(&bucket, 1);
            let other = Arc::clone(&bucket);
            let ((), taken) = race(move || set_rate(&other, rate), || take(&bucket, 1));
            assert_eq!((taken, bucket.view(START).available), (1, 1));
        });
    }
}

#[test]
fn a_call_goes_by_one_rate_while_it_changes_twice() {
    model(|| {
        let bucket = bucket(2);
        let other = Arc::clone(&bucket);
        let change = move || {
            set_rate(&other, 1_000);
            set_rate(&other, 1);
        };
        let ((), taken) = race(change, || take(&bucket, 1));
        assert_eq!((taken, take(&bucket, 1)), (1, 1));
        // Both took a whole interval of the last rate.
        let next = |nanos| bucket.take(1, Nanos(nanos), Nanos(nanos)).is_ok();
        assert!(!next(6 * S - 1) && next(6 * S + 2));
    });
}

#[test]
fn two_changes_at_once_leave_one_of_the_two_rates() {
    model(|| {
        let bucket = bucket(3);
        take(&bucket, 2);
        let other = Arc::clone(&bucket);
        race(move || set_rate(&other, 2), || set_rate(&bucket, 1_000));
        let view = bucket.view(START);
        assert!([2, 1_000].contains(&view.rate.calls()));
        assert_eq!(view.available, 1);
    });
}

#[test]
fn nothing_passes_once_it_is_shut() {
    model(|| {
        let bucket = bucket(3);
        let other = Arc::clone(&bucket);
        let (shut, _) = race(move || other.shut(Nanos(9 * S)), || take(&bucket, 1));
        assert!(shut);
        assert_eq!((take(&bucket, 1), bucket.view(Nanos(9 * S)).available), (0, 1));
    });
}

#[test]
fn while_it_is_shut_a_turn_stays_taken_though_the_burst_changes() {
    for burst in [1, 3] {
        model(move || {
            let bucket = bucket(2);
            bucket.shut(Nanos(9 * S));
            let other = Arc::clone(&bucket);
            let reserve = |bucket: &Bucket| bucket.take(1, START, Nanos::MAX).unwrap().due;
            let set = move || other.set(START, None, |rate, _| (rate, burst));
            let (_, due) = race(set, || reserve(&bucket));
            assert_eq!((due, reserve(&bucket)), (Nanos(9 * S), Nanos(10 * S)));
        });
    }
}

#[test]
fn opened_while_a_call_waits_it_loses_no_call() {
    model(|| {
        let bucket = bucket(1);
        bucket.shut(Nanos(9 * S));
        let other = Arc::clone(&bucket);
        let (opened, due) = race(move || other.open(START), || bucket.take(1, START, Nanos::MAX).unwrap().due);
        assert!(opened && [START, Nanos(9 * S)].contains(&due));
        assert_eq!(bucket.take(1, START, Nanos::MAX).unwrap().due, Nanos(due.0 + S));
    });
}

/// What a bucket of three keeps that has one left.
fn two_taken() -> Saved {
    let first = bucket(3);
    assert_eq!(take(&first, 2), 2);
    first.saved(START)
}

#[test]
fn a_call_beside_a_restore_comes_before_it_or_counts_on_top() {
    model(|| {
        let (bucket, saved) = (bucket(3), two_taken());
        let other = Arc::clone(&bucket);
        let (taken, restored) = race(move || take(&other, 1), || bucket.restore(saved, Nanos(0), Nanos(0), START));
        assert_eq!(taken, 1);
        assert_eq!(bucket.view(START).available, if restored { 0 } else { 2 });
    });
}

#[test]
fn a_turn_that_is_given_back_beside_a_restore_gives_nothing_of_it_back() {
    model(|| {
        let (bucket, saved) = (bucket(3), two_taken());
        let turn = bucket.take(1, START, START).unwrap();
        let other = Arc::clone(&bucket);
        let ((), restored) = race(move || other.give_back(turn), || bucket.restore(saved, Nanos(0), Nanos(0), START));
        assert_eq!(bucket.view(START).available, if restored { 1 } else { 3 });
    });
}

#[test]
fn a_restore_beside_a_change_of_the_rate_is_counted_by_the_new_one_or_left_out() {
    model(|| {
        let (bucket, saved) = (bucket(3), two_taken());
        let other = Arc::clone(&bucket);
        let ((), restored) = race(move || set_rate(&other, 2), || bucket.restore(saved, Nanos(0), Nanos(0), START));
        assert_eq!(bucket.view(START).available, if restored { 1 } else { 3 });
    });
}
