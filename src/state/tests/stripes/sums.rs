//! Claims about what the stripes add up to.

use std::collections::BTreeSet;
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;

use crate::state::stripes::{Stripes, Tag};
use crate::state::tests::{NUMBERS, crowd};
use crate::sync::thread_number;

#[test]
fn each_word_of_a_stripe_counts_for_itself() {
    for words in 1..=50 {
        let stripes = Stripes::new(words);
        let counts = || (0..words).map(|index| stripes.sum(index, Tag::new(5))).collect::<Vec<_>>();
        assert_eq!(counts(), vec![0; words]);
        for index in 0..words {
            (0..=index).for_each(|_| stripes.mine().bump(index, Tag::new(5)));
        }
        assert_eq!(counts(), (1..=words as u64).collect::<Vec<_>>());
    }
}

#[test]
fn a_thread_keeps_its_stripe() {
    let stripes = Stripes::new(1);
    assert_eq!(stripes.each().count(), 0);
    (0..10).for_each(|_| stripes.mine().count(0));
    assert_eq!(stripes.each().count(), 1);
}

#[test]
fn a_sum_leaves_out_the_stripes_that_are_under_another_tag() {
    let _numbers = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
    let stripes = Stripes::new(1);
    let count = |tag, times| (0..times).for_each(|_| stripes.mine().bump(0, Tag::new(tag)));
    count(7, 2);
    thread::scope(|scope| scope.spawn(|| count(8, 3)).join().expect("it only counts"));
    assert_eq!([7, 8, 9].map(|tag| stripes.sum(0, Tag::new(tag))), [2, 3, 0]);
}

/// So many that the threads that share a stripe write to it at the same time.
const OFTEN: u64 = 10_000;

#[test]
fn more_threads_than_stripes_lose_nothing() {
    let stripes = Stripes::new(3);
    crowd(|| {
        for _ in 0..OFTEN {
            stripes.mine().bump(0, Tag::new(9));
            stripes.mine().count(2);
        }
    });
    let sums = (stripes.sum(0, Tag::new(9)), stripes.sum(1, Tag::new(9)), stripes.total(2));
    assert_eq!(sums, (100 * OFTEN, 0, 100 * OFTEN));
}

#[test]
fn all_but_the_last_of_the_stripes_have_one_thread_each() {
    let (stripes, numbers) = (Stripes::new(1), Mutex::new(BTreeSet::new()));
    crowd(|| {
        stripes.mine().count(0);
        numbers.lock().expect("nobody panics").insert(thread_number().min(63));
    });
    assert_eq!(stripes.each().count(), numbers.into_inner().expect("nobody panics").len());
}

#[test]
fn stragglers_take_nothing_from_threads_that_share_their_stripe() {
    let stripes = Stripes::new(1);
    crowd(|| {
        for _ in 0..OFTEN {
            stripes.mine().bump(0, Tag::new(2));
            // Where the word is at the later tag, this one finds it so.
            stripes.mine().bump(0, Tag::new(1));
        }
    });
    assert_eq!(stripes.sum(0, Tag::new(2)), 100 * OFTEN);
}

#[test]
fn a_thread_that_ends_leaves_its_number_to_another() {
    let number = |_| thread::scope(|scope| scope.spawn(thread_number).join().expect("it only asks"));
    let numbers: BTreeSet<_> = (0..200).map(number).collect();
    assert!(numbers.len() < 200, "{numbers:?}");
}

#[test]
fn the_most_that_threads_have_raised_a_word_to_is_taken_once() {
    let stripes = Stripes::new(3);
    for most in [5, 9, 7] {
        thread::scope(|scope| {
            scope.spawn(|| stripes.mine().raise(1, most));
        });
    }
    stripes.mine().raise(1, 8);
    stripes.mine().raise(2, 1);
    assert_eq!([stripes.take_most(1), stripes.take_most(1), stripes.take_most(0), stripes.take_most(2)], [9, 0, 0, 1]);
}

#[test]
fn threads_that_share_the_last_stripe_add_and_raise_without_loss() {
    // More than there are stripes.
    const THREADS: usize = 80;
    let stripes = Stripes::new(2);
    let here = Barrier::new(THREADS);
    thread::scope(|scope| {
        for number in (1..).take(THREADS) {
            let (stripes, here) = (&stripes, &here);
            scope.spawn(move || {
                here.wait();
                for _ in 0..100 {
                    stripes.mine().add(0, number);
                    stripes.mine().raise(1, number);
                }
                // All are alive until the last is done, so that each has a number of its own.
                here.wait();
            });
        }
    });
    assert_eq!((stripes.total(0), stripes.take_most(1)), (100 * 80 * 81 / 2, 80));
}
