//! Claims about what the stripes add up to.

use std::{ptr, thread};

use crate::{
    state::stripes::{Stripes, Tag},
    sync::Ordering::Relaxed,
};

#[test]
fn each_word_of_a_stripe_counts_for_itself() {
    for words in 1..=50 {
        let stripes = Stripes::new(words);
        let counts = || (0..words).map(|index| stripes.sum(index, Tag::new(5))).collect::<Vec<_>>();
        assert_eq!(counts(), vec![0; words]);
        for index in 0..words {
            (0..=index).for_each(|_| Tag::new(5).bump(stripes.mine().word(index)));
        }
        assert_eq!(counts(), (1..=words as u64).collect::<Vec<_>>());
    }
}

#[test]
fn a_thread_keeps_its_stripe() {
    let stripes = Stripes::new(1);
    assert!(ptr::eq(stripes.mine(), stripes.mine()));
}

#[test]
fn a_sum_leaves_out_the_stripes_that_are_under_another_tag() {
    let stripes = Stripes::new(1);
    let mine = stripes.mine();
    mine.word(0).store(7 << 36 | 2, Relaxed);
    // A few threads may be numbered so that they share this one's stripe.
    let elsewhere = || {
        let other = stripes.mine();
        let apart = !ptr::eq(mine, other);
        if apart {
            other.word(0).store(8 << 36 | 3, Relaxed);
        }
        apart
    };
    assert!((0..100).any(|_| thread::scope(|scope| scope.spawn(elsewhere).join().expect("it only stores"))));
    assert_eq!([7, 8, 9].map(|number| stripes.sum(0, Tag::new(number))), [2, 3, 0]);
}

#[test]
fn more_threads_than_stripes_lose_nothing() {
    let stripes = Stripes::new(3);
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                for _ in 0..500 {
                    Tag::new(9).bump(stripes.mine().word(0));
                    stripes.mine().word(2).fetch_add(1, Relaxed);
                }
            });
        }
    });
    assert_eq!((stripes.sum(0, Tag::new(9)), stripes.sum(1, Tag::new(9)), stripes.total(2)), (10_000, 0, 10_000));
}
