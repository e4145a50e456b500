//! Keys that come and go at the same moment.

use std::ptr;

use super::{model_of_many, race};
use crate::cached_arc::{CachedArc, HandleArc, cached};
use crate::state::keys::{Keys, Retain, Retention};
use crate::sync::{Arc, AtomicU64, Ordering};
use crate::time::Nanos;

/// Open until its moment, or free.
struct Core {
    open_until: AtomicU64,
    keyed: bool,
}

cached!(Core, unless keyed);

/// As a circuit is kept.
#[derive(Clone)]
struct Kept(HandleArc<Core>);

impl Retain for Kept {
    type Own = Self;

    fn for_call(&self) -> Self {
        Self(HandleArc::Own(CachedArc::clone(&self.0)))
    }

    fn retention(&self) -> Retention {
        let open_until = || Nanos(self.0.open_until.load(Ordering::Relaxed));
        if self.0.is_alone() { Retention::Until(open_until()) } else { Retention::Used }
    }
}

impl Kept {
    fn new() -> Self {
        Self(HandleArc::of_key(Core { open_until: AtomicU64::new(0), keyed: true }))
    }

    fn is(&self, other: &Self) -> bool {
        let core = |kept: &Self| ptr::from_ref::<Core>(&kept.0);
        core(self) == core(other)
    }

    fn open(&self) {
        self.0.open_until.store(u64::MAX, Ordering::Relaxed);
    }
}

type Map = Arc<Keys<u32, Kept>>;

fn map(capacity: usize) -> Map {
    Arc::new(Keys::new(capacity, Nanos(0)))
}

fn admit(keys: &Map, key: u32) -> Option<Kept> {
    admit_at(keys, key, 1)
}

fn admit_at(keys: &Map, key: u32, now: u64) -> Option<Kept> {
    keys.admit(key, Nanos(now), |_| || Kept::new())
}

#[test]
fn what_a_call_was_given_is_not_let_go_of_while_it_has_it() {
    model_of_many(|| {
        let keys = map(1);
        drop(admit(&keys, 1));
        let other = Arc::clone(&keys);
        let (_, held) = race(move || drop(admit(&other, 2)), || admit(&keys, 1));
        if let Some(held) = held {
            let again = admit(&keys, 1).expect("a key in use has its place");
            assert!(again.is(&held), "two entries of a key are in use");
        }
        assert!(keys.len() <= 1);
    });
}

#[test]
fn what_a_call_opened_before_it_ended_is_not_let_go_of() {
    model_of_many(|| {
        let keys = map(1);
        let call = admit(&keys, 1).expect("there is room");
        let other = Arc::clone(&keys);
        let (came_in, ()) = race(
            move || admit(&other, 2).is_some(),
            || {
                call.open();
                drop(call);
            },
        );
        assert!(!came_in, "an open circuit went");
    });
}

#[test]
fn a_handle_of_a_key_does_not_keep_it_and_a_call_by_it_does() {
    model_of_many(|| {
        let keys = map(1);
        drop(admit(&keys, 1));
        let handle = keys.get(1).expect("it came in");
        let other = Arc::clone(&keys);
        let (came_in, call) = race(move || admit(&other, 2).is_some(), || handle.clone().for_call());
        assert!(came_in || keys.get(1).is_some_and(|kept| kept.is(&call)), "what a sweep left is the same");
        assert_eq!(admit(&keys, 3).is_some(), came_in, "the call keeps what is still in");
        drop(call);
        assert!(admit_at(&keys, 4, 2).is_some(), "the handle keeps nothing");
        drop(handle);
    });
}

#[test]
fn two_calls_with_one_key_for_the_last_place_share_its_entry() {
    model_of_many(|| {
        // It says that it is full, without the gate, as long as the first is young.
        let keys = Arc::new(Keys::new(1, Nanos(1)));
        let other = Arc::clone(&keys);
        let (one, two) = race(move || admit(&other, 1), || admit(&keys, 1));
        assert!(one.zip(two).is_some_and(|(one, two)| one.is(&two)));
        assert_eq!(keys.len(), 1);
    });
}
