//! Calls that end beside one who throws their responses away.

use loom::model;

use super::{model_of_many, race, race_of_three};
use crate::state::cache::{Mark, Marks};
use crate::sync::{Arc, AtomicU64, Ordering};

/// A cache as `kept` has it, with one place: a map whose places are atomic, and entries that are of no use until they are kept.
struct Kept {
    marks: Marks,
    /// The number of the entry that is there; 0 for none.
    place: AtomicU64,
    /// Whether the entries are kept, by their numbers.
    kept: [AtomicU64; 3],
    /// The eras in which their calls began, by their numbers.
    eras: [u64; 3],
}

/// Of the one key.
const HASH: u64 = 0;

impl Kept {
    /// With the marks of two calls that began in this order, and what is done between them.
    fn new(between: impl FnOnce(&Marks)) -> (Arc<Self>, [Mark; 2]) {
        let marks = Marks::new();
        let first = marks.of(HASH);
        between(&marks);
        let second = marks.of(HASH);
        let (place, kept) = (AtomicU64::new(0), [0; 3].map(AtomicU64::new));
        (Arc::new(Self { marks, place, kept, eras: [0, first.era, second.era] }), [first, second])
    }

    fn put(&self, number: u64, mark: Mark) {
        if self.marks.keep(mark, || self.place.store(number, Ordering::Release)) {
            self.kept[at(number)].store(1, Ordering::Relaxed);
        }
    }

    fn get(&self) -> u64 {
        let number = self.place.load(Ordering::Acquire);
        let is_used = self.kept[at(number)].load(Ordering::Relaxed) == 1 && self.eras[at(number)] == self.marks.era();
        if is_used { number } else { 0 }
    }

    fn remove(&self) {
        self.marks.throw_away(HASH, || {
            // A map looks before it writes, so it does not wait for what it does not see.
            if self.place.load(Ordering::Acquire) != 0 {
                self.place.swap(0, Ordering::AcqRel);
            }
        });
    }

    /// The map takes entries out some time later: here never.
    fn clear(&self) {
        self.marks.throw_all_away();
    }
}

#[expect(clippy::cast_possible_truncation, reason = "there are three")]
const fn at(number: u64) -> usize {
    number as usize
}

#[test]
fn who_throws_a_key_away_gets_nothing_of_a_call_that_had_begun() {
    model(|| {
        let (kept, [mark, _]) = Kept::new(|_| ());
        let call = Arc::clone(&kept);
        let ((), found) = race(
            move || call.put(1, mark),
            || {
                kept.remove();
                kept.get()
            },
        );
        assert_eq!((found, kept.get()), (0, 0));
    });
}

#[test]
fn who_throws_all_away_gets_nothing_of_a_call_that_had_begun() {
    model(|| {
        let (kept, [mark, _]) = Kept::new(|_| ());
        let call = Arc::clone(&kept);
        let ((), found) = race(
            move || call.put(1, mark),
            || {
                kept.clear();
                kept.get()
            },
        );
        assert_eq!((found, kept.get()), (0, 0));
    });
}

#[test]
fn a_call_that_begins_after_is_kept_beside_the_end_of_one_from_before() {
    for throw_away in [|marks: &Marks| marks.throw_away(HASH, || ()), Marks::throw_all_away] {
        model(move || {
            let (kept, [before, after]) = Kept::new(throw_away);
            let (late, other) = (Arc::clone(&kept), Arc::clone(&kept));
            race(move || late.put(1, before), move || other.put(2, after));
            assert_eq!(kept.get(), 2);
        });
    }
}

#[test]
fn two_who_throw_away_beside_the_end_of_a_call_get_nothing() {
    model_of_many(|| {
        let (kept, [mark, _]) = Kept::new(|_| ());
        let (call, other) = (Arc::clone(&kept), Arc::clone(&kept));
        let put = move || call.put(1, mark);
        let clear = move || {
            other.clear();
            other.get()
        };
        let ((), one, two) = race_of_three(put, clear, || {
            kept.remove();
            kept.get()
        });
        assert_eq!((one, two, kept.get()), (0, 0, 0));
    });
}

#[test]
fn a_key_thrown_away_takes_nothing_of_a_key_with_another_mark() {
    model(|| {
        let marks = Arc::new(Marks::new());
        let [one, other] = [HASH, HASH + 1].map(|hash| marks.of(hash));
        let away = Arc::clone(&marks);
        let ((), other_is_same) = race(move || away.throw_away(HASH, || ()), || marks.keep(other, || ()));
        assert_eq!((marks.keep(one, || ()), other_is_same), (false, true));
    });
}
