//! Where each letter of a queue stands, which one is replayed next, and whether there is room for another.
//!
//! Exact. Letters are numbered as they come. Those of one order key stand in one line: the first of it is replayed next, and as long as it
//! is held or waits for its time, no other of the line is. A parked letter stands in no line.

pub(crate) mod counted;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::time::Nanos;

/// The letters of a queue, without what they say.
#[derive(Debug)]
pub(crate) struct Letters {
    bounds: Bounds,
    all: BTreeMap<u64, Letter>,
    numbers: HashMap<u128, u64>,
    lines: HashMap<u64, Line>,
    /// The first of each line that no letter of it holds up, with the time from which it may be replayed.
    heads: BTreeSet<(Nanos, u64)>,
    bytes: u64,
    parked: usize,
    next: u64,
    /// Those that may be gone from the store, because nobody heard what became of a write that was to remove them.
    doubted: BTreeSet<u64>,
    /// How many were taken out.
    gone: u64,
}

/// How many letters there may be, how large they may be together, and how often each is replayed in vain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) capacity: usize,
    pub(crate) max_bytes: u64,
    pub(crate) max_replays: u32,
}

/// A letter, without what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) id: u128,
    /// Its line.
    pub(crate) key: u64,
    pub(crate) size: u64,
    /// How many of its replays failed.
    pub(crate) replays: u32,
    /// When it may be replayed.
    pub(crate) due: Nanos,
    pub(crate) place: Place,
}

/// Where a letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is being stored.
    Coming,
    /// It stands in its line.
    Waiting,
    /// It is being replayed, or somebody does something with it.
    Held,
    /// It is set aside.
    Parked,
}

/// The letters of one order key.
#[derive(Debug, Default)]
struct Line {
    waiting: BTreeSet<u64>,
    /// The one that is replayed.
    replayed: Option<u64>,
    /// Its entry among the heads.
    head: Option<(Nanos, u64)>,
}

impl Line {
    /// The first that waits, unless one of the line is being replayed.
    fn first(&self) -> Option<u64> {
        self.waiting.first().copied().filter(|_| self.replayed.is_none())
    }
}

/// What to replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// This letter, which is held from now on.
    Letter(u64),
    /// A letter at this time, and none before.
    At(Nanos),
    /// Nothing waits.
    Nothing,
}

/// Why there is no room for a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// There may be room once others are gone.
    Full,
    /// There never is.
    TooLarge,
}

/// How many letters there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) all: usize,
    pub(crate) parked: usize,
    pub(crate) bytes: u64,
}

impl Letters {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            all: BTreeMap::new(),
            numbers: HashMap::new(),
            lines: HashMap::new(),
            heads: BTreeSet::new(),
            bytes: 0,
            parked: 0,
            next: 0,
            doubted: BTreeSet::new(),
            gone: 0,
        }
    }

    /// Takes a letter that is in the store already, whether there is room or not.
    pub(crate) fn restore(&mut self, number: u64, letter: Letter) {
        self.next = self.next.max(number.saturating_add(1));
        if let Entry::Vacant(free) = self.all.entry(number) {
            free.insert(Letter { place: Place::Coming, ..letter });
            self.numbers.insert(letter.id, number);
            self.bytes += letter.size;
            self.put(number, letter.place);
        }
    }

    /// Makes a place for a letter that is about to be stored. Returns its number.
    pub(crate) fn admit(&mut self, id: u128, key: u64, size: u64) -> Result<u64, NoRoom> {
        if size > self.bounds.max_bytes || self.bounds.capacity == 0 {
            return Err(NoRoom::TooLarge);
        }
        if !self.has_room(size) {
            return Err(NoRoom::Full);
        }
        let number = self.next;
        self.restore(number, Letter { id, key, size, replays: 0, due: Nanos(0), place: Place::Coming });
        Ok(number)
    }

    /// Whether one more would not be too many.
    pub(crate) fn has_place(&self) -> bool {
        self.all.len() < self.bounds.capacity
    }

    fn has_room(&self, size: u64) -> bool {
        self.has_place() && self.bytes.saturating_add(size) <= self.bounds.max_bytes
    }

    /// Takes away the oldest letters, until there is room for another. Those that come or are held stay; if it is full of them, all stay.
    pub(crate) fn evict(&mut self, size: u64) -> Vec<(u64, Letter)> {
        let mut evicted = Vec::new();
        while !self.has_room(size) {
            let may_go = |letter: &Letter| matches!(letter.place, Place::Waiting | Place::Parked);
            let oldest = self.all.iter().find(|(_, letter)| may_go(letter)).map(|(number, _)| *number);
            let Some((number, letter)) = oldest.and_then(|number| Some((number, self.remove(number)?))) else {
                evicted.drain(..).for_each(|(number, letter)| self.restore(number, letter));
                break;
            };
            evicted.push((number, letter));
        }
        evicted
    }

    /// Holds the letter that is to be replayed now, and with it its line.
    pub(crate) fn next(&mut self, now: Nanos) -> Next {
        match self.heads.first() {
            Some(&(due, number)) if due <= now => {
                self.put(number, Place::Held);
                let key = self.all[&number].key;
                self.change(key, |line| line.replayed = Some(number));
                Next::Letter(number)
            }
            Some(&(due, _)) => Next::At(due),
            None => Next::Nothing,
        }
    }

    /// Holds a letter that waits or is parked, but not its line. Returns where it was.
    pub(crate) fn hold(&mut self, number: u64) -> Option<Place> {
        let place = self.all.get(&number)?.place;
        let may_be_held = matches!(place, Place::Waiting | Place::Parked);
        may_be_held.then(|| {
            self.put(number, Place::Held);
            place
        })
    }

    /// Whether the letter has had as many replays in vain as it may, with this one.
    pub(crate) fn is_last(&self, number: u64) -> bool {
        self.all.get(&number).is_none_or(|letter| letter.replays.saturating_add(1) >= self.bounds.max_replays)
    }

    /// Notes of a letter that is held how many replays were in vain, and when it may be replayed once it waits.
    pub(crate) fn note(&mut self, number: u64, replays: u32, due: Nanos) {
        if let Some(letter) = self.all.get_mut(&number).filter(|letter| letter.place == Place::Held) {
            (letter.replays, letter.due) = (replays, due);
        }
    }

    /// Puts a letter in a place.
    pub(crate) fn put(&mut self, number: u64, place: Place) {
        let Some(letter) = self.all.get(&number) else { return };
        let (key, before) = (letter.key, letter.place);
        self.change(key, |line| {
            line.replayed.take_if(|replayed| *replayed == number);
            if place == Place::Waiting {
                line.waiting.insert(number)
            } else {
                line.waiting.remove(&number)
            };
        });
        let is_parked = |place| usize::from(place == Place::Parked);
        self.parked = self.parked + is_parked(place) - is_parked(before);
        if let Some(letter) = self.all.get_mut(&number) {
            letter.place = place;
        }
    }

    /// Takes a letter out. What it was is returned as it stood.
    pub(crate) fn remove(&mut self, number: u64) -> Option<Letter> {
        let letter = *self.all.get(&number)?;
        self.put(number, Place::Coming);
        self.all.remove(&number);
        if self.numbers.get(&letter.id) == Some(&number) {
            self.numbers.remove(&letter.id);
        }
        self.bytes -= letter.size;
        self.doubted.remove(&number);
        self.gone += 1;
        Some(letter)
    }

    /// Changes a line, and with it which of it may be replayed next.
    fn change(&mut self, key: u64, change: impl FnOnce(&mut Line)) {
        let line = self.lines.entry(key).or_default();
        if let Some(before) = line.head {
            self.heads.remove(&before);
        }
        change(line);
        line.head = line.first().and_then(|first| Some((self.all.get(&first)?.due, first)));
        self.heads.extend(line.head);
        if line.waiting.is_empty() && line.replayed.is_none() {
            self.lines.remove(&key);
        }
    }

    /// Puts a letter back that may be gone from the store.
    pub(crate) fn doubt(&mut self, number: u64, letter: Letter) {
        self.restore(number, letter);
        self.doubted.insert(number);
    }

    pub(crate) fn is_doubted(&self, number: u64) -> bool {
        self.doubted.contains(&number)
    }

    pub(crate) fn number_of(&self, id: u128) -> Option<u64> {
        self.numbers.get(&id).copied()
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Letter> {
        self.all.get(&number)
    }

    /// The letters after this one, as they came.
    pub(crate) fn after(&self, number: Option<u64>) -> impl Iterator<Item = (u64, &Letter)> {
        let first = number.map_or(0, |number| number.saturating_add(1));
        self.all.range(first..).map(|(number, letter)| (*number, letter))
    }

    /// How many were taken out so far.
    pub(crate) fn gone(&self) -> u64 {
        self.gone
    }

    pub(crate) fn standing(&self) -> Standing {
        Standing { all: self.all.len(), parked: self.parked, bytes: self.bytes }
    }
}
