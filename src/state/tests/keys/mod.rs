//! Claims about the keys.

mod model;

use std::{
    hash::{Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::Duration,
};

use super::together;
use crate::{
    state::keys::{Keys, Tie, Tied},
    time::Nanos,
};

const SECOND: u64 = 1_000_000_000;
const IDLE: u64 = 80 * SECOND;
const FAR: u64 = 1_000_000 * SECOND;

/// What is kept: free unless it was tied, and in use while a call has it.
#[derive(Clone, Debug)]
struct Kept(Arc<Facts>, Option<Arc<()>>);

#[derive(Debug)]
struct Facts {
    number: usize,
    tie: parking_lot::Mutex<Tie>,
    calls: Arc<()>,
}

impl Kept {
    fn new(number: usize) -> Self {
        let tie = parking_lot::Mutex::new(Tie::Free);
        Self(Arc::new(Facts { number, tie, calls: Arc::new(()) }), None)
    }

    fn tied(tie: Tie) -> Self {
        let kept = Self::new(0);
        *kept.0.tie.lock() = tie;
        kept
    }
}

impl Tied for Kept {
    fn for_call(&self) -> Self {
        assert!(self.1.is_none(), "what is kept is no call's");
        Self(Arc::clone(&self.0), Some(Arc::clone(&self.0.calls)))
    }

    fn tie(&self) -> Tie {
        if Arc::strong_count(&self.0.calls) == 1 { *self.0.tie.lock() } else { Tie::Used }
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
fn an_entry_that_is_only_looked_at_goes_and_whoever_looks_has_it_still() {
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
fn what_is_found_in_use_is_young_again() {
    let keys = map(1);
    let used = keys.admit(1, Nanos(0), || Kept::new(1));
    assert!(!keys.came_in(2, IDLE + 5));
    drop(used);
    let before = keys.looks();
    assert!(!keys.came_in(2, IDLE + 5 + IDLE - 1));
    assert_eq!(keys.looks(), before);
    assert!(keys.came_in(2, IDLE + 5 + IDLE));
}

#[test]
fn a_key_without_room_does_not_wait_at_the_gate() {
    let keys = Arc::new(map(1));
    keys.came_in(1, 0);
    let (came_in, told) = mpsc::channel();
    let map = Arc::clone(&keys);
    let told = keys.while_nobody_passes(|| {
        thread::spawn(move || came_in.send(map.came_in(2, IDLE - 1)));
        // The limit is for a thread that waits for this one.
        told.recv_timeout(Duration::from_secs(10))
    });
    assert_eq!(told, Ok(false));
}

#[test]
fn a_full_map_that_lost_an_entry_is_no_longer_full() {
    let keys = map(3);
    keys.bring([1, 2], 0);
    keys.came_in(3, SECOND);
    assert!(!keys.came_in(4, IDLE - 1));
    assert!(keys.came_in(4, IDLE), "two went");
    assert!(keys.came_in(5, IDLE), "and one came");
    assert!(!keys.came_in(6, IDLE));
    assert_eq!(keys.sorted(), [3, 4, 5]);
}

#[test]
fn a_key_that_is_let_go_of_may_use_the_map_when_it_is_dropped() {
    /// Counts the entries when it is dropped, and looks for itself.
    struct Nosy(u32, Weak<Keys<Self, Kept>>, mpsc::Sender<(u32, usize)>);
    impl PartialEq for Nosy {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    impl Eq for Nosy {}
    impl Hash for Nosy {
        fn hash<H: Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }
    impl Drop for Nosy {
        fn drop(&mut self) {
            let Some(keys) = self.1.upgrade() else { return };
            let known = keys.get(Self(self.0, Weak::new(), self.2.clone())).is_some();
            self.2.send((self.0, keys.len() + usize::from(known))).ok();
        }
    }
    let (dropped, drops) = mpsc::channel();
    thread::spawn(move || {
        let keys = Arc::new(Keys::new(4, Nanos(IDLE)));
        for (key, at) in [(1, 0), (2, 0), (3, IDLE)] {
            let nosy = Nosy(key, Arc::downgrade(&keys), dropped.clone());
            drop(keys.admit(nosy, Nanos(at), || Kept::new(0)));
        }
    });
    // The limit is for a thread that waits for itself.
    let mut told = [(); 2].map(|()| drops.recv_timeout(Duration::from_secs(10)).expect("no lock is held"));
    told.sort_unstable();
    assert_eq!(told, [(1, 1), (2, 1)], "both had gone, and the third was in");
}

#[test]
fn an_eq_that_panics_while_others_go_leaves_a_map_that_counts_right() {
    #[derive(Clone)]
    struct Touchy<'a>(u32, &'a AtomicBool);
    impl PartialEq for Touchy<'_> {
        fn eq(&self, other: &Self) -> bool {
            assert!(!self.1.load(SeqCst), "not now");
            self.0 == other.0
        }
    }
    impl Eq for Touchy<'_> {}
    impl Hash for Touchy<'_> {
        fn hash<H: Hasher>(&self, state: &mut H) {
            // Of keys whose hashes meet, one is compared with another when a table is made anew.
            (self.0 < 10).hash(state);
        }
    }
    let panics = AtomicBool::new(false);
    let keys = Keys::new(3, Nanos(IDLE));
    let came_in = |key, at| keys.admit(Touchy(key, &panics), Nanos(at), || Kept::new(0)).is_some();
    assert!(came_in(1, 0) && came_in(2, 1) && came_in(3, 1));
    panics.store(true, SeqCst);
    assert!(catch_unwind(AssertUnwindSafe(|| came_in(10, IDLE))).is_err());
    panics.store(false, SeqCst);
    assert_eq!(keys.len(), keys.keys().len());
    assert!((1..=3).all(|key| came_in(key, 2 * IDLE)), "there is room for as many as before");
    assert!(!came_in(4, 2 * IDLE));
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
    fn for_call(&self) -> Self {
        self.clone()
    }

    fn tie(&self) -> Tie {
        if Arc::strong_count(&self.0) == 1 { Tie::Free } else { Tie::Used }
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

#[test]
fn threads_that_bring_the_same_key_for_the_last_place_all_have_room() {
    const ROUNDS: usize = 50_000;
    let maps: Vec<_> = (0..ROUNDS).map(|_| map(1)).collect();
    let came_in = AtomicUsize::new(0);
    together(ROUNDS, |round| {
        came_in.fetch_add(usize::from(maps[round].came_in(1, 0)), SeqCst);
    });
    assert_eq!(came_in.load(SeqCst), 2 * ROUNDS);
}

/// A call holds what it was given, while another lets go of all it can.
#[test]
fn no_two_calls_of_a_key_have_different_entries_at_the_same_time() {
    let keys = Keys::new(1, Nanos(0));
    // By key, the entry that a call has now.
    let inside = [(); 2].map(|()| AtomicUsize::new(0));
    let (calls, entries, met) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            let (keys, inside, calls, entries, met) = (&keys, &inside, &calls, &entries, &met);
            scope.spawn(move || {
                for _ in 0..30_000 {
                    let call = calls.fetch_add(1, SeqCst) as u64;
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
