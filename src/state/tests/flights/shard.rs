//! Claims about calls under their keys.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::rc::{Rc, Weak};

use crate::state::flights::{Leads, Shard};
use crate::state::keys::{Hashed, Seeds};

/// A call that may be joined as long as it is open.
type Call = Rc<Cell<bool>>;

impl Leads for Weak<Cell<bool>> {
    fn is_gone(&self) -> bool {
        self.strong_count() == 0
    }
}

struct Calls<K>(Shard<K, Weak<Cell<bool>>>, Seeds);

impl<K: Hash + Eq> Calls<K> {
    fn new() -> Self {
        Self(Shard::new(), Seeds::default())
    }

    fn board(&self, key: K) -> Call {
        let join = |call: &Weak<Cell<bool>>| call.upgrade().filter(|call| call.get());
        let begin = || {
            let call = Rc::new(Cell::new(true));
            (Rc::downgrade(&call), call)
        };
        self.0.board(Hashed::new(&self.1, key), join, begin)
    }
}

#[test]
fn a_key_has_one_call_and_another_key_another() {
    let calls = Calls::new();
    let one = calls.board(1);
    assert!(Rc::ptr_eq(&calls.board(1), &one) && !Rc::ptr_eq(&calls.board(2), &one));
}

#[test]
fn a_call_that_is_over_makes_room_for_another_at_once() {
    let calls = Calls::new();
    let one = calls.board(1);
    one.set(false);
    let next = calls.board(1);
    assert!(!Rc::ptr_eq(&next, &one) && Rc::ptr_eq(&calls.board(1), &next));
    assert_eq!(calls.0.len(), 1);
}

#[test]
fn a_call_that_all_have_left_makes_room_for_another() {
    let calls = Calls::new();
    drop(calls.board(1));
    assert!(calls.board(1).get());
    assert_eq!(calls.0.len(), 1);
}

#[test]
fn calls_that_are_gone_leave_few_entries() {
    let calls = Calls::new();
    for key in 0..10_000 {
        drop(calls.board(key));
        assert!(calls.0.len() <= 28, "{key}");
    }
}

#[test]
fn calls_in_flight_stay_while_others_come_and_go() {
    let calls = Calls::new();
    let flying: Vec<_> = (0..100).map(|key| calls.board(key)).collect();
    for key in 100..10_000 {
        drop(calls.board(key));
        assert!(calls.0.len() <= 4 * flying.len(), "{key}");
    }
    assert!((0..100).zip(&flying).all(|(key, call)| Rc::ptr_eq(&calls.board(key), call)));
}

#[test]
fn keys_of_one_hash_have_calls_of_their_own() {
    /// Its hash says nothing.
    #[derive(PartialEq, Eq)]
    struct Collides(u32);

    impl Hash for Collides {
        fn hash<H: Hasher>(&self, _: &mut H) {}
    }

    let calls = Calls::new();
    let [one, two] = [1, 2].map(|key| calls.board(Collides(key)));
    let again = |key, call| Rc::ptr_eq(&calls.board(Collides(key)), call);
    assert!(!Rc::ptr_eq(&one, &two) && again(1, &one) && again(2, &two));
    one.set(false);
    assert!(!again(1, &one) && again(2, &two));
}
