//! The letters as a list.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::state::letters::{Bounds, Letter, Letters, Next, NoRoom, Place};
use crate::time::Nanos;

const BOUNDS: Bounds = Bounds { capacity: 6, max_bytes: 20, max_replays: 3 };

#[derive(Clone, Debug)]
enum Step {
    Admit {
        key: u64,
        size: u64,
    },
    /// Makes room, and lets those that made it come back if `fails`.
    Evict {
        size: u64,
        fails: bool,
    },
    Next,
    Hold {
        nth: usize,
    },
    Put {
        nth: usize,
        place: Place,
    },
    Note {
        nth: usize,
        due: u64,
    },
    Remove {
        nth: usize,
    },
    Pass {
        time: u64,
    },
}

#[derive(Default)]
struct Model {
    letters: Vec<(u64, Letter)>,
    /// The letters that hold their lines.
    replayed: Vec<u64>,
    next: u64,
}

impl Model {
    fn bytes(&self) -> u64 {
        self.letters.iter().map(|(_, letter)| letter.size).sum()
    }

    fn has_room(&self, size: u64) -> bool {
        self.letters.len() < BOUNDS.capacity && self.bytes() + size <= BOUNDS.max_bytes
    }

    fn get(&mut self, number: u64) -> Option<&mut Letter> {
        self.letters.iter_mut().find(|(own, _)| *own == number).map(|(_, letter)| letter)
    }

    fn admit(&mut self, key: u64, size: u64) -> Result<u64, NoRoom> {
        if size > BOUNDS.max_bytes {
            return Err(NoRoom::TooLarge);
        }
        if !self.has_room(size) {
            return Err(NoRoom::Full);
        }
        let (number, id) = (self.next, self.next.into());
        self.next += 1;
        let letter = Letter { id, key, size, replays: 0, due: Nanos(0), place: Place::Coming };
        self.letters.push((number, letter));
        Ok(number)
    }

    fn evict(&mut self, size: u64) -> Vec<(u64, Letter)> {
        let before = self.letters.clone();
        let mut evicted = Vec::new();
        while !self.has_room(size) {
            let may_go = |(_, letter): &(u64, Letter)| matches!(letter.place, Place::Waiting | Place::Parked);
            let Some(oldest) = self.letters.iter().position(may_go) else {
                self.letters = before;
                return Vec::new();
            };
            evicted.push(self.letters.remove(oldest));
        }
        evicted
    }

    /// The first of each line that waits, unless one of the line is replayed.
    fn heads(&self) -> Vec<(Nanos, u64)> {
        let is_free =
            |key| !self.letters.iter().any(|(number, other)| other.key == key && self.replayed.contains(number));
        let is_first = |key, number| {
            let mut line = self.letters.iter().filter(|(_, other)| other.key == key && other.place == Place::Waiting);
            line.next().is_some_and(|(first, _)| *first == number)
        };
        let waiting =
            self.letters.iter().filter(|(number, letter)| is_free(letter.key) && is_first(letter.key, *number));
        waiting.map(|(number, letter)| (letter.due, *number)).collect()
    }

    fn next(&mut self, now: Nanos) -> Next {
        match self.heads().into_iter().min() {
            None => Next::Nothing,
            Some((due, _)) if due > now => Next::At(due),
            Some((_, number)) => {
                self.put(number, Place::Held);
                self.replayed.push(number);
                Next::Letter(number)
            }
        }
    }

    fn put(&mut self, number: u64, place: Place) {
        self.replayed.retain(|replayed| *replayed != number);
        if let Some(letter) = self.get(number) {
            letter.place = place;
        }
    }
}

/// The letter at a place in the list, or a number that there is none of.
fn number(model: &Model, nth: usize) -> u64 {
    model.letters.get(nth).map_or(1_000, |(number, _)| *number)
}

fn take(letters: &mut Letters, model: &mut Model, now: &mut u64, step: &Step) {
    match *step {
        Step::Admit { key, size } => assert_eq!(letters.admit(model.next.into(), key, size), model.admit(key, size)),
        Step::Evict { size, fails } => {
            let evicted = model.evict(size);
            assert_eq!(letters.evict(size), evicted);
            if fails {
                for (number, letter) in evicted {
                    letters.restore(number, letter);
                    model.letters.push((number, letter));
                }
                model.letters.sort_by_key(|(number, _)| *number);
            }
        }
        Step::Next => assert_eq!(letters.next(Nanos(*now)), model.next(Nanos(*now))),
        Step::Hold { nth } => {
            let number = number(model, nth);
            let place = model.get(number).map(|letter| letter.place);
            let held = place.filter(|place| matches!(place, Place::Waiting | Place::Parked));
            assert_eq!(letters.hold(number), held);
            if held.is_some() {
                model.put(number, Place::Held);
            }
        }
        Step::Put { nth, place } => {
            let number = number(model, nth);
            letters.put(number, place);
            model.put(number, place);
        }
        Step::Note { nth, due } => {
            let number = number(model, nth);
            letters.note(number, 1, Nanos(due));
            if let Some(letter) = model.get(number).filter(|letter| letter.place == Place::Held) {
                (letter.replays, letter.due) = (1, Nanos(due));
            }
        }
        Step::Remove { nth } => {
            let number = number(model, nth);
            let removed = model.get(number).copied();
            assert_eq!(letters.remove(number), removed);
            model.put(number, Place::Coming);
            model.letters.retain(|(own, _)| *own != number);
        }
        Step::Pass { time } => *now += time,
    }
}

fn assert_same(letters: &Letters, model: &Model) {
    assert!(letters.after(None).map(|(number, letter)| (number, *letter)).eq(model.letters.iter().copied()));
    let standing = letters.standing();
    let parked = model.letters.iter().filter(|(_, letter)| letter.place == Place::Parked).count();
    assert_eq!((standing.all, standing.bytes, standing.parked), (model.letters.len(), model.bytes(), parked));
    for (number, letter) in &model.letters {
        assert_eq!(letters.number_of(letter.id), Some(*number));
    }
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![Just(Place::Waiting), Just(Place::Waiting), Just(Place::Parked), Just(Place::Coming)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_u64, 0..8_u64).prop_map(|(key, size)| Step::Admit { key, size }),
        1 => (0..30_u64, any::<bool>()).prop_map(|(size, fails)| Step::Evict { size, fails }),
        4 => Just(Step::Next),
        1 => (0..6_usize).prop_map(|nth| Step::Hold { nth }),
        5 => (0..6_usize, place()).prop_map(|(nth, place)| Step::Put { nth, place }),
        2 => (0..6_usize, 0..40_u64).prop_map(|(nth, due)| Step::Note { nth, due }),
        2 => (0..6_usize).prop_map(|nth| Step::Remove { nth }),
        2 => (1..20_u64).prop_map(|time| Step::Pass { time }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_letters_are_a_list_with_lines(steps in vec(step(), 1..80)) {
        let (mut letters, mut model, mut now) = (Letters::new(BOUNDS), Model::default(), 0);
        for step in &steps {
            take(&mut letters, &mut model, &mut now, step);
            assert_same(&letters, &model);
        }
    }
}
