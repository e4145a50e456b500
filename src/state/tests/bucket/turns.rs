//! Turns, and what becomes of them.

use super::*;

#[test]
fn turns_come_one_after_the_other() {
    let bucket = bucket(1);
    let dues = [0, 1, 2, 3].map(|_| reserve(&bucket, 1, 0).due);
    assert_eq!(dues, [0, S, 2 * S, 3 * S].map(Nanos));
    assert_eq!(reserve(&bucket, 1, 3 * S + 5).due, at(4 * S));
}

#[test]
fn a_turn_after_the_latest_is_refused_and_takes_nothing() {
    let bucket = bucket(1);
    take_all(&bucket, 0);
    assert_eq!(bucket.take(1, at(0), at(S - 1)), Err(Some(at(S))));
    assert_eq!(bucket.take(1, at(0), at(S)).map(|turn| turn.due), Ok(at(S)));
    assert_eq!(take(&bucket, 1, 2 * S), Ok(()));
}

#[test]
fn a_refused_turn_is_told_when_it_would_pass_at_once() {
    let bucket = bucket(2);
    take_all(&bucket, 0);
    for _ in 0..3 {
        reserve(&bucket, 1, 0);
    }
    assert_eq!(bucket.take(2, at(0), at(S)), Err(Some(at(5 * S))));
}

#[test]
fn the_last_turn_is_given_back() {
    let bucket = bucket(1);
    take_all(&bucket, 0);
    let turn = reserve(&bucket, 1, 0);
    bucket.give_back(turn);
    assert_eq!(reserve(&bucket, 1, 0).due, at(S));
}

#[test]
fn a_turn_with_another_after_it_is_lost() {
    let bucket = bucket(1);
    take_all(&bucket, 0);
    let (first, second) = (reserve(&bucket, 1, 0), reserve(&bucket, 1, 0));
    bucket.give_back(first);
    assert_eq!(reserve(&bucket, 1, 0).due, at(3 * S));
    assert_eq!(second.due, at(2 * S));
}

#[test]
fn a_turn_is_lost_once_its_bucket_is_shut_or_drained() {
    let acts: [fn(&Bucket); 2] = [|bucket| bucket.shut(at(S)), |bucket| assert_eq!(bucket.drain(at(S / 2)), 0)];
    for act in acts {
        let bucket = bucket(2);
        take_all(&bucket, 0);
        let turn = reserve(&bucket, 1, 0);
        act(&bucket);
        bucket.give_back(turn);
        assert_eq!((take(&bucket, 1, 2 * S), take(&bucket, 1, 2 * S + 1)), (Err(Some(1)), Ok(())));
    }
}

#[test]
fn turns_are_given_back_from_the_last_to_the_first() {
    let bucket = bucket(1);
    take_all(&bucket, 0);
    let turns = [1, 3, 2].map(|calls| bucket.take(calls.min(1), at(0), Nanos::MAX).unwrap());
    for turn in turns.into_iter().rev() {
        bucket.give_back(turn);
    }
    assert_eq!(reserve(&bucket, 1, 0).due, at(S));
}

#[test]
fn a_turn_is_given_back_once() {
    let bucket = bucket(1);
    take_all(&bucket, 0);
    let turn = reserve(&bucket, 1, 0);
    bucket.give_back(turn);
    bucket.give_back(turn);
    assert_eq!(reserve(&bucket, 1, 0).due, at(S));
}

#[test]
fn a_turn_of_several_calls_is_given_back_whole() {
    let bucket = bucket(3);
    take_all(&bucket, 0);
    let turn = reserve(&bucket, 3, 0);
    assert_eq!(turn.due, at(3 * S));
    bucket.give_back(turn);
    assert_eq!(reserve(&bucket, 1, 0).due, at(S));
}
