//! Keys that come and go at the same moment.

use super::{model_of_many, race};
use crate::{
    state::keys::{Keys, Tie, Tied},
    sync::Arc,
    time::Nanos,
};

/// In use while it has a clone.
#[derive(Clone)]
struct Kept(Arc<()>);

impl Tied for Kept {
    fn tie(&mut self) -> Tie {
        if Arc::get_mut(&mut self.0).is_some() { Tie::Free } else { Tie::Used }
    }
}

impl Kept {
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

type Map = Arc<Keys<u32, Kept>>;

fn map(capacity: usize) -> Map {
    Arc::new(Keys::new(capacity, Nanos(0)))
}

fn admit(keys: &Map, key: u32) -> Option<Kept> {
    keys.admit(key, Nanos(1), || Kept(Arc::new(())))
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
fn two_calls_that_bring_a_key_are_given_the_same() {
    model_of_many(|| {
        let keys = map(2);
        let other = Arc::clone(&keys);
        let (one, two) = race(move || admit(&other, 1), || admit(&keys, 1));
        assert!(one.zip(two).is_some_and(|(one, two)| one.is(&two)));
        assert_eq!(keys.len(), 1);
    });
}
