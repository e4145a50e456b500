//! Claims about the keys.

mod model;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use super::together;
use crate::{
    state::keys::{Keys, Tie, Tied},
    time::Nanos,
};

const SECOND: u64 = 1_000_000_000;
const IDLE: u64 = 80 * SECOND;
const FAR: u64 = 1_000_000 * SECOND;

/// What is kept: free unless it was tied, and in use while it has a clone.
#[derive(Clone, Debug)]
struct Kept(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    number: usize,
    tie: parking_lot::Mutex<Tie>,
}

impl Kept {
    fn new(number: usize) -> Self {
        Self(Arc::new(Facts { number, tie: parking_lot::Mutex::new(Tie::Free) }))
    }

    fn tied(tie: Tie) -> Self {
        let kept = Self::new(0);
        *kept.0.tie.lock() = tie;
        kept
    }
}

impl Tied for Kept {
    fn tie(&mut self) -> Tie {
        match Arc::get_mut(&mut self.0) {
            Some(facts) => *facts.tie.lock(),
            None => Tie::Used,
        }
    }
}

type Map = Keys<u32, Kept>;

fn map(capacity: usize) -> Map {
    Keys::new(capacity, Nanos(IDLE))
}

impl Map {
    /// The number of what is kept for the key, if there was room.
    fn number(&self, key: u32, at: u64) -> Option<usize> {
        self.admit(key, Nanos(at), || Kept::new(key as usize)).map(|kept| kept.0.number)
    }

    fn came_in(&self, key: u32, at: u64) -> bool {
        self.number(key, at).is_some()
    }

    fn bring(&self, brought: impl IntoIterator<Item = u32>, at: u64) {
        for key in brought {
            self.came_in(key, at);
        }
    }

    fn tie(&self, key: u32, at: u64, tie: Tie) {
        drop(self.admit(key, Nanos(at), || Kept::tied(tie)).expect("there is room"));
    }

    fn sorted(&self) -> Vec<u32> {
        let mut keys = self.keys();
        keys.sort_unstable();
        keys
    }
}

#[test]
fn what_is_kept_for_a_key_is_made_once() {
    let keys = map(2);
    let made = |number| keys.admit(7, Nanos(0), || Kept::new(number)).map(|kept| kept.0.number);
    assert_eq!([made(1), made(2)], [Some(1); 2]);
    assert_eq!((keys.len(), keys.sorted()), (1, vec![7]));
}

#[test]
fn a_full_map_has_no_room_for_another_key_and_still_knows_its_own() {
    let keys = map(2);
    assert!(keys.came_in(1, 0) && keys.came_in(2, 0));
    assert!(!keys.came_in(3, 0));
    assert!(keys.came_in(1, 0) && keys.came_in(2, 0));
    assert_eq!(keys.sorted(), [1, 2]);
}

#[test]
fn an_entry_goes_when_it_was_idle_for_long_enough_and_no_nanosecond_sooner() {
    let keys = map(1);
    keys.came_in(1, 5);
    assert!(!keys.came_in(2, 5 + IDLE - 1));
    assert!(keys.came_in(2, 5 + IDLE));
    assert_eq!(keys.sorted(), [2]);
}

#[test]
fn a_use_makes_an_entry_young_again_and_a_look_does_not() {
    let keys = map(2);
    keys.came_in(1, 0);
    keys.came_in(2, 0);
    keys.came_in(1, IDLE / 2);
    assert!(keys.get(2).is_some());
    assert!(keys.came_in(3, IDLE));
    assert_eq!(keys.sorted(), [1, 3]);
}

#[test]
fn an_entry_that_is_in_use_stays() {
    let keys = map(1);
    let used = keys.admit(1, Nanos(0), || Kept::new(1));
    assert!(!keys.came_in(2, FAR));
    drop(used);
    assert!(keys.came_in(2, 2 * FAR));
}

#[test]
fn an_entry_that_is_tied_until_a_moment_goes_at_that_moment() {
    let keys = map(1);
    keys.tie(1, 0, Tie::Until(Nanos(FAR)));
    assert!(!keys.came_in(2, FAR - 1));
    assert!(keys.came_in(2, FAR));
}

#[test]
fn a_tie_that_ends_before_the_entry_is_idle_does_not_let_it_go() {
    let keys = map(1);
    keys.tie(1, 0, Tie::Until(Nanos(5)));
    assert!(!keys.came_in(2, IDLE - 1));
    assert!(keys.came_in(2, IDLE));
}

#[test]
fn idle_entries_go_before_the_map_is_full() {
    let keys = map(100);
    keys.bring(0..10, 0);
    keys.came_in(10, IDLE);
    assert_eq!(keys.sorted(), [10]);
}

#[test]
fn with_no_idle_time_every_entry_makes_room_that_is_not_in_use() {
    let keys = Keys::new(1, Nanos(0));
    for key in 0..100 {
        assert!(keys.came_in(key, 0));
    }
    let used = keys.admit(100, Nanos(0), || Kept::new(100)).expect("the others are idle");
    assert!(!keys.came_in(101, 0));
    drop(used);
    assert!(keys.came_in(101, 1));
}

#[test]
fn with_an_endless_idle_time_no_entry_goes() {
    let keys = Keys::new(1, Nanos::MAX);
    keys.came_in(1, 0);
    assert!(!keys.came_in(2, u64::MAX - 1));
}

/// Whatever the entries are, and whatever time it is.
#[test]
fn a_flood_looks_at_eight_entries_a_miss_at_most() {
    const CAPACITY: u32 = 1000;
    const FLOOD: u32 = 20_000;
    for idle in [0, 1, SECOND, IDLE, u64::MAX] {
        for tie in [Tie::Free, Tie::Used, Tie::Until(Nanos(FAR))] {
            let keys = Keys::new(CAPACITY as usize, Nanos(idle));
            (0..CAPACITY).for_each(|key| keys.tie(key, u64::from(key), tie));
            let before = keys.looks();
            // Long before a pause is over.
            (0..FLOOD).for_each(|call| keys.bring(CAPACITY + call..=CAPACITY + call, 2_000 + u64::from(call)));
            let looks = keys.looks() - before;
            assert!(looks <= 8 * FLOOD as usize + 2 * CAPACITY as usize, "{looks} with idle {idle}, {tie:?}");
        }
    }
}

#[test]
fn a_full_map_of_young_entries_is_not_looked_through_before_the_first_may_go() {
    let keys = map(1000);
    keys.bring(0..1000, 0);
    let before = keys.looks();
    keys.bring(1000..100_000, IDLE - 1);
    assert_eq!(keys.looks(), before);
    assert!(keys.came_in(1_000_000, IDLE));
}

#[test]
fn what_is_in_use_is_looked_at_again_after_an_eighth_of_the_idle_time() {
    let keys = map(1);
    keys.tie(1, 0, Tie::Used);
    keys.came_in(2, IDLE);
    let before = keys.looks();
    keys.came_in(2, IDLE + IDLE / 8 - 1);
    assert_eq!(keys.looks(), before);
    keys.came_in(2, IDLE + IDLE / 8);
    assert_eq!(keys.looks(), before + 1);
}

#[test]
fn however_rare_misses_are_an_entry_goes_after_a_pause() {
    let keys = map(1000);
    keys.came_in(0, 0);
    keys.bring(1..1000, SECOND);
    assert!(keys.came_in(1000, IDLE), "the first is idle, and its place was never looked at");
    assert!(!keys.came_in(1001, IDLE + SECOND), "the others are, but all were looked at a second ago");
    assert!(keys.came_in(1001, IDLE + IDLE / 8), "an eighth of the idle time is a pause");
}

#[test]
fn a_clock_that_goes_back_does_not_let_a_young_entry_go() {
    let keys = map(1);
    keys.came_in(1, FAR);
    assert!(!keys.came_in(2, 0));
    assert!(!keys.came_in(2, FAR + IDLE - 1));
}

#[test]
fn keys_whose_hashes_meet_are_told_apart() {
    #[derive(Clone, PartialEq, Eq)]
    struct Same(u32);
    impl std::hash::Hash for Same {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            state.write_u8(0);
        }
    }
    let keys = Keys::new(10, Nanos(IDLE));
    for number in 0..10 {
        keys.admit(Same(number), Nanos(0), || Kept::new(number as usize));
    }
    for number in 0..10 {
        assert_eq!(keys.get(Same(number)).map(|kept| kept.0.number), Some(number as usize));
    }
}

const FEW: usize = 10;

/// Fails where there are more than [`FEW`].
#[derive(Clone)]
struct Counted(Arc<Life>);

struct Life(Arc<AtomicUsize>);

impl Counted {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        assert!(alive.fetch_add(1, SeqCst) < FEW, "more than fit");
        Self(Arc::new(Life(Arc::clone(alive))))
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Tied for Counted {
    fn tie(&mut self) -> Tie {
        if Arc::get_mut(&mut self.0).is_some() { Tie::Free } else { Tie::Used }
    }
}

#[test]
fn there_are_never_more_than_fit_while_threads_bring_keys_of_their_own() {
    let keys = Keys::new(FEW, Nanos(0));
    let alive = Arc::new(AtomicUsize::new(0));
    thread::scope(|scope| {
        for thread in 0..4_u32 {
            let (keys, alive) = (&keys, &alive);
            scope.spawn(move || {
                for number in 0..2_000 {
                    let key = thread * 2_000 + number;
                    drop(keys.admit(key, Nanos(u64::from(number)), || Counted::new(alive)));
                    assert!(keys.len() <= FEW);
                }
            });
        }
    });
    assert_eq!(keys.len(), keys.keys().len());
    assert_eq!(keys.len(), alive.load(SeqCst));
}

#[test]
fn threads_that_bring_the_same_key_are_given_the_same() {
    const ROUNDS: usize = 200;
    let keys = Keys::new(usize::MAX, Nanos(IDLE));
    let count = AtomicUsize::new(0);
    together(ROUNDS, |round| {
        let make = || {
            // While this one is made, the other thread looks for it in vain.
            (0..100).for_each(|_| thread::yield_now());
            Kept::new(count.fetch_add(1, SeqCst))
        };
        drop(keys.admit(round, Nanos(0), make));
    });
    assert_eq!((keys.len(), count.load(SeqCst)), (ROUNDS, ROUNDS));
}

/// A call holds what it was given, while another lets go of all it can.
#[test]
fn no_two_calls_of_a_key_have_different_entries_at_the_same_time() {
    let keys = Keys::new(1, Nanos(0));
    // By key, the entry that a call has now.
    let inside = [(); 2].map(|()| AtomicUsize::new(0));
    let (entries, met) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for first in 0..3 {
            let (keys, inside, entries, met) = (&keys, &inside, &entries, &met);
            scope.spawn(move || {
                for call in first..30_000_u64 {
                    let key = u32::from(call / 3 % 2 == 0);
                    let make = || Kept::new(entries.fetch_add(1, SeqCst) + 1);
                    let Some(kept) = keys.admit(key, Nanos(call), make) else { continue };
                    let (inside, number) = (&inside[key as usize], kept.0.number);
                    match inside.compare_exchange(0, number, SeqCst, SeqCst) {
                        Ok(_) => {
                            thread::yield_now();
                            inside.store(0, SeqCst);
                        }
                        Err(other) => {
                            assert_eq!(other, number, "another entry of key {key} is in use");
                            met.fetch_add(1, SeqCst);
                        }
                    }
                }
            });
        }
    });
    assert!(entries.load(SeqCst) > 2 && met.load(SeqCst) > 0, "entries went and came, and calls met");
}
