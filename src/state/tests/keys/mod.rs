//! Claims about the keys.

mod floods;
mod model;
mod threads;
mod users;

use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Weak, mpsc};
use std::thread;
use std::time::Duration;

use super::together;
use crate::state::keys::{Keys, Retain, Retention};
use crate::time::Nanos;

const SECOND: u64 = 1_000_000_000;
const IDLE: u64 = 80 * SECOND;
const FAR: u64 = 1_000_000 * SECOND;

/// What is kept: free unless it was tied, and in use while a call has it.
#[derive(Clone, Debug)]
struct Kept(Arc<Facts>, Option<Arc<()>>);

#[derive(Debug)]
struct Facts {
    number: usize,
    retention: parking_lot::Mutex<Retention>,
    calls: Arc<()>,
}

impl Kept {
    fn new(number: usize) -> Self {
        let retention = parking_lot::Mutex::new(Retention::Free);
        Self(Arc::new(Facts { number, retention, calls: Arc::new(()) }), None)
    }

    fn retained(retention: Retention) -> Self {
        let kept = Self::new(0);
        *kept.0.retention.lock() = retention;
        kept
    }
}

impl Retain for Kept {
    type Own = Self;

    fn for_call(&self) -> Self {
        assert!(self.1.is_none(), "what is kept is no call's");
        Self(Arc::clone(&self.0), Some(Arc::clone(&self.0.calls)))
    }

    fn retention(&self) -> Retention {
        if Arc::strong_count(&self.0.calls) == 1 { *self.0.retention.lock() } else { Retention::Used }
    }
}

type Map = Keys<u32, Kept>;

fn map(capacity: usize) -> Map {
    Keys::new(capacity, Nanos(IDLE))
}

impl Map {
    /// The number of what is kept for the key, if there was room.
    fn number(&self, key: u32, at: u64) -> Option<usize> {
        self.admit(key, Nanos(at), |_| || Kept::new(key as usize)).map(|kept| kept.0.number)
    }

    fn came_in(&self, key: u32, at: u64) -> bool {
        self.number(key, at).is_some()
    }

    fn bring(&self, brought: impl IntoIterator<Item = u32>, at: u64) {
        for key in brought {
            self.came_in(key, at);
        }
    }

    fn retain(&self, key: u32, at: u64, retention: Retention) {
        drop(self.admit(key, Nanos(at), |_| || Kept::retained(retention)).expect("there is room"));
    }

    fn sorted(&self) -> Vec<u32> {
        let mut keys = self.collect(|key, _| *key);
        keys.sort_unstable();
        keys
    }
}

#[test]
fn what_is_kept_for_a_key_is_made_once() {
    let keys = map(2);
    let made = |number| keys.admit(7, Nanos(0), |_| || Kept::new(number)).map(|kept| kept.0.number);
    assert_eq!([made(1), made(2)], [Some(1); 2]);
    assert_eq!((keys.len(), keys.sorted()), (1, vec![7]));
}

#[test]
fn a_full_map_takes_no_other_key_and_still_knows_its_own() {
    let keys = map(2);
    assert!(keys.came_in(1, 0) && keys.came_in(2, 0));
    assert!(!keys.came_in(3, 0));
    assert!(keys.came_in(1, 0) && keys.came_in(2, 0));
    assert_eq!(keys.sorted(), [1, 2]);
}

#[test]
fn an_entry_goes_at_the_nanosecond_when_its_idle_time_is_over() {
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
    let used = keys.admit(1, Nanos(0), |_| || Kept::new(1));
    assert!(!keys.came_in(2, FAR));
    drop(used);
    assert!(keys.came_in(2, 2 * FAR));
}

#[test]
fn an_entry_only_looked_at_goes_and_stays_with_its_readers() {
    let keys = map(1);
    keys.came_in(1, 0);
    let looks = [keys.get(1), keys.get(1)].map(|kept| kept.expect("it is in"));
    assert!(keys.came_in(2, IDLE));
    assert!(looks.iter().all(|kept| kept.0.number == 1));
    assert!(keys.came_in(1, 2 * IDLE));
    let again = keys.get(1).expect("it came back");
    assert!(!Arc::ptr_eq(&again.0, &looks[0].0), "it is another");
}

#[test]
fn an_entry_that_is_tied_until_a_moment_goes_at_that_moment() {
    let keys = map(1);
    keys.retain(1, 0, Retention::Until(Nanos(FAR)));
    assert!(!keys.came_in(2, FAR - 1));
    assert!(keys.came_in(2, FAR));
}

#[test]
fn of_few_entries_one_freed_before_its_moment_goes_at_once() {
    for until in [FAR, u64::MAX] {
        let keys = map(1);
        keys.retain(1, 0, Retention::Until(Nanos(until)));
        assert!(!keys.came_in(2, IDLE));
        *keys.get(1).expect("it is retained").0.retention.lock() = Retention::Free;
        assert!(keys.came_in(2, IDLE), "{until}");
    }
}

#[test]
fn of_many_entries_one_freed_early_goes_at_the_next_look_at_it() {
    for until in [FAR, u64::MAX] {
        let keys = map(100);
        (0..100).for_each(|key| keys.retain(key, 0, Retention::Until(Nanos(until))));
        assert!(!keys.came_in(100, IDLE));
        *keys.get(1).expect("it is retained").0.retention.lock() = Retention::Free;
        assert!(!keys.came_in(100, 2 * IDLE - 1), "it is looked at when it would be idle again");
        assert!(keys.came_in(100, 2 * IDLE), "{until}");
    }
}

#[test]
fn of_few_entries_each_goes_as_soon_as_it_may() {
    let keys = map(10);
    for key in 0..100 {
        assert!(keys.came_in(key, u64::from(key) * IDLE / 10), "{key}");
    }
}

#[test]
fn a_tie_that_ends_before_the_entry_is_idle_does_not_let_it_go() {
    let keys = map(1);
    keys.retain(1, 0, Retention::Until(Nanos(5)));
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
    let used = keys.admit(100, Nanos(0), |_| || Kept::new(100)).expect("the others are idle");
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
    impl Hash for Same {
        fn hash<H: Hasher>(&self, state: &mut H) {
            state.write_u8(0);
        }
    }
    let keys = Keys::new(10, Nanos(IDLE));
    for number in 0..10 {
        keys.admit(Same(number), Nanos(0), |_| || Kept::new(number as usize));
    }
    for number in 0..10 {
        assert_eq!(keys.get(Same(number)).map(|kept| kept.0.number), Some(number as usize));
    }
}
