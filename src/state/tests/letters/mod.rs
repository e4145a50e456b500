//! Letters: which is replayed next, and for which there is room.

mod model;

use crate::state::letters::{Bounds, Letters, Next, NoRoom, Place};
use crate::time::Nanos;

const BOUNDS: Bounds = Bounds { capacity: 3, max_bytes: 100, max_replays: 2 };

/// Letters of these keys that wait. The number of each is its place in the list, and its id is that and 100.
fn waiting(keys: &[u64]) -> Letters {
    let mut letters = Letters::new(BOUNDS);
    for (number, key) in (0..).zip(keys) {
        assert_eq!(letters.admit(100 + u128::from(number), *key, 10), Ok(number));
        letters.put(number, Place::Waiting);
    }
    letters
}

fn next(letters: &mut Letters) -> Option<u64> {
    match letters.next(Nanos(0)) {
        Next::Letter(number) => Some(number),
        Next::At(_) | Next::Nothing => None,
    }
}

#[test]
fn the_letters_of_one_key_go_one_after_another() {
    let mut letters = waiting(&[7, 7]);
    assert_eq!((next(&mut letters), next(&mut letters)), (Some(0), None));
    letters.remove(0);
    assert_eq!(next(&mut letters), Some(1));
}

#[test]
fn letters_of_different_keys_do_not_wait_for_each_other() {
    let mut letters = waiting(&[7, 7, 8]);
    assert_eq!([(); 3].map(|()| next(&mut letters)), [Some(0), Some(2), None]);
}

#[test]
fn a_letter_that_waits_for_its_time_holds_up_its_key() {
    let mut letters = waiting(&[7, 7]);
    assert_eq!(next(&mut letters), Some(0));
    letters.note(0, 1, Nanos(50));
    letters.put(0, Place::Waiting);
    assert_eq!(letters.next(Nanos(49)), Next::At(Nanos(50)));
    assert_eq!(letters.next(Nanos(50)), Next::Letter(0));
}

#[test]
fn a_parked_letter_lets_the_next_of_its_key_go() {
    let mut letters = waiting(&[7, 7]);
    assert_eq!(next(&mut letters), Some(0));
    letters.put(0, Place::Parked);
    assert_eq!(next(&mut letters), Some(1));
}

#[test]
fn a_letter_that_is_parked_no_more_has_its_old_place() {
    let mut letters = waiting(&[7, 7]);
    assert_eq!(letters.hold(0), Some(Place::Waiting));
    letters.put(0, Place::Parked);
    assert_eq!(letters.hold(0), Some(Place::Parked));
    letters.put(0, Place::Waiting);
    assert_eq!(next(&mut letters), Some(0));
}

#[test]
fn a_letter_that_is_held_or_comes_cannot_be_held() {
    let mut letters = waiting(&[7]);
    assert_eq!(next(&mut letters), Some(0));
    assert_eq!(letters.hold(0), None);
    assert_eq!(letters.admit(1, 8, 10), Ok(1));
    assert_eq!((letters.hold(1), letters.hold(2)), (None, None));
}

#[test]
fn a_letter_that_comes_is_not_replayed() {
    let mut letters = waiting(&[]);
    assert_eq!(letters.admit(1, 7, 10), Ok(0));
    assert_eq!(letters.next(Nanos(0)), Next::Nothing);
}

#[test]
fn there_is_room_for_as_many_letters_and_bytes_as_may_be() {
    let mut letters = waiting(&[7, 7]);
    assert_eq!(letters.admit(1, 7, 101), Err(NoRoom::TooLarge));
    assert_eq!(letters.admit(1, 7, 81), Err(NoRoom::Full));
    assert_eq!(letters.admit(1, 7, 80), Ok(2));
    assert_eq!(letters.admit(2, 7, 0), Err(NoRoom::Full));
    letters.put(2, Place::Parked);
    assert_eq!(letters.admit(2, 7, 0), Err(NoRoom::Full), "a parked letter takes room");
    letters.remove(2);
    assert_eq!(letters.admit(2, 7, 0), Ok(3), "a number is given once");
}

#[test]
fn the_oldest_letters_make_room() {
    let mut letters = waiting(&[7, 8, 9]);
    let evicted = letters.evict(90);
    assert_eq!(evicted.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(letters.admit(1, 7, 90), Ok(3));
}

#[test]
fn letters_that_are_held_make_no_room() {
    let mut letters = waiting(&[7, 8, 9]);
    assert_eq!(next(&mut letters), Some(0));
    assert_eq!(letters.evict(10)[0].0, 1);
    assert!(letters.evict(100).is_empty(), "the others stay where they cannot make enough");
    assert_eq!(letters.standing().all, 2);
}

#[test]
fn the_last_replay_is_that_after_which_there_were_as_many_as_may() {
    let mut letters = waiting(&[7]);
    assert!(!letters.is_last(0));
    assert_eq!(next(&mut letters), Some(0));
    letters.note(0, 1, Nanos(0));
    assert!(letters.is_last(0));
}
