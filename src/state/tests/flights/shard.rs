//! Claims about calls under their keys.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use crate::state::flights::{Keyed, Shard};
use crate::state::keys::{Hashed, Seeds};

/// A call that may be joined as long as it is open.
#[derive(Clone)]
struct Call<K>(Rc<(Hashed<K>, Cell<bool>)>);

impl<K: Eq + Clone> Keyed for Call<K> {
    type Key = K;

    fn key(&self) -> &Hashed<K> {
        &self.0.0
    }
}

impl<K> PartialEq for Call<K> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<K> Eq for Call<K> {}

impl<K> Hash for Call<K> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.0.hash(hasher);
    }
}

struct Calls<K: Eq + Clone>(Shard<Call<K>>, Seeds);

impl<K: Hash + Eq + Clone> Calls<K> {
    fn new() -> Self {
        Self(Shard::new(), Seeds::default())
    }

    fn board(&self, key: K) -> Call<K> {
        let join = |call: &Call<K>| call.0.1.get().then(|| call.clone());
        let begin = |key| {
            let call = Call(Rc::new((key, Cell::new(true))));
            (call.clone(), call)
        };
        self.0.board(Hashed::new(&self.1, key), join, begin)
    }
}

#[test]
fn a_key_has_one_call_and_another_key_another() {
    let calls = Calls::new();
    let one = calls.board(1);
    assert!(calls.board(1) == one && calls.board(2) != one);
    assert_eq!(calls.0.len(), 2);
}

#[test]
fn a_call_that_is_over_makes_room_for_another_at_once() {
    let calls = Calls::new();
    let one = calls.board(1);
    one.0.1.set(false);
    assert!(calls.board(1) != one);
    assert_eq!(calls.0.len(), 1);
}

#[test]
fn a_call_that_is_forgotten_late_leaves_the_next_one() {
    let calls = Calls::new();
    let one = calls.board(1);
    one.0.1.set(false);
    let next = calls.board(1);
    calls.0.forget(&one);
    assert!(calls.board(1) == next);
    calls.0.forget(&next);
    assert_eq!(calls.0.len(), 0);
}

#[test]
fn keys_of_one_hash_have_calls_of_their_own() {
    /// Its hash says nothing.
    #[derive(Clone, PartialEq, Eq)]
    struct Collides(u32);

    impl Hash for Collides {
        fn hash<H: Hasher>(&self, _: &mut H) {}
    }

    let calls = Calls::new();
    let board = |key| calls.board(Collides(key));
    let [one, two] = [1, 2].map(board);
    assert!(one != two && board(1) == one && board(2) == two);
    calls.0.forget(&one);
    assert!(board(2) == two);
}

/// It is forgotten while a panic unwinds too, and then a panic of the key's would abort the process.
#[test]
fn a_call_is_forgotten_without_asking_its_key() {
    #[derive(Clone)]
    struct Spiteful;

    impl Hash for Spiteful {
        fn hash<H: Hasher>(&self, _: &mut H) {}
    }

    impl PartialEq for Spiteful {
        fn eq(&self, _: &Self) -> bool {
            panic!("as a key may")
        }
    }

    impl Eq for Spiteful {}

    let calls = Calls::new();
    let one = calls.board(Spiteful);
    calls.0.forget(&one);
    assert_eq!(calls.0.len(), 0);
}
