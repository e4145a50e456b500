//! Claims about calls under their keys.

use std::cell::Cell;
use std::rc::Rc;

use crate::state::flights::{Keyed, Shard};
use crate::state::keys::{Hashed, Seeds};

/// A call that may be joined as long as it is open.
#[derive(Clone)]
struct Call(Rc<(Hashed<u32>, Cell<bool>)>);

impl Keyed for Call {
    type Key = u32;

    fn key(&self) -> &Hashed<u32> {
        &self.0.0
    }

    fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

struct Calls(Shard<Call>, Seeds);

impl Calls {
    fn new() -> Self {
        Self(Shard::new(), Seeds::default())
    }

    fn board(&self, key: u32) -> Call {
        let join = |call: &Call| call.0.1.get().then(|| call.clone());
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
    assert!(calls.board(1).is(&one) && !calls.board(2).is(&one));
    assert_eq!(calls.0.len(), 2);
}

#[test]
fn a_call_that_is_over_makes_room_for_another_at_once() {
    let calls = Calls::new();
    let one = calls.board(1);
    one.0.1.set(false);
    assert!(!calls.board(1).is(&one));
    assert_eq!(calls.0.len(), 1);
}

#[test]
fn a_call_that_is_forgotten_late_leaves_the_next_one() {
    let calls = Calls::new();
    let one = calls.board(1);
    one.0.1.set(false);
    let next = calls.board(1);
    calls.0.forget(&one);
    assert!(calls.board(1).is(&next));
    calls.0.forget(&next);
    assert_eq!(calls.0.len(), 0);
}

#[test]
fn keys_of_one_hash_have_calls_of_their_own() {
    /// Its hash says nothing.
    #[derive(PartialEq, Eq)]
    struct Collides(u32);

    impl std::hash::Hash for Collides {
        fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
    }

    #[derive(Clone)]
    struct Of(Rc<Hashed<Collides>>);

    impl Keyed for Of {
        type Key = Collides;

        fn key(&self) -> &Hashed<Collides> {
            &self.0
        }

        fn is(&self, other: &Self) -> bool {
            Rc::ptr_eq(&self.0, &other.0)
        }
    }

    let (calls, seeds) = (Shard::new(), Seeds::default());
    let board = |key| {
        let begin = |key| {
            let call = Of(Rc::new(key));
            (call.clone(), call)
        };
        calls.board(Hashed::new(&seeds, Collides(key)), |call: &Of| Some(call.clone()), begin)
    };
    let [one, two] = [1, 2].map(board);
    assert!(!one.is(&two) && board(1).is(&one) && board(2).is(&two));
    calls.forget(&one);
    assert!(board(2).is(&two));
}
