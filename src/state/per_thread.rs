//! A value for each thread, made when the thread first comes.
//!
//! The threads that come when all places but one are taken share the value of the last.

use std::array;

use crate::sync::{OnceLock, known_thread_number, thread_number};

/// How many places there may be: the last is shared. One for each thread of a model, and one of those the last.
const PLACES: usize = if cfg!(all(loom, test)) { 3 } else { 64 };

/// How many of them there are from the beginning: as many as threads commonly run at once in a small service.
const FIRST: usize = if cfg!(all(loom, test)) { 3 } else { 4 };

/// How many times the places double.
const DOUBLINGS: usize = (PLACES / FIRST).ilog2() as usize;

#[derive(Debug)]
pub(crate) struct PerThread<T> {
    first: [OnceLock<T>; FIRST],
    /// Made when more threads come.
    others: OnceLock<Box<Others<T>>>,
}

/// As many places as there are before, each time.
type Others<T> = [OnceLock<Box<[OnceLock<T>]>>; DOUBLINGS];

/// The value of the thread that asked.
#[derive(Debug)]
pub(crate) struct Mine<'a, T> {
    pub(crate) value: &'a T,
    /// The number of its place.
    pub(crate) place: usize,
    /// Whether no other thread has it.
    pub(crate) alone: bool,
}

impl<T> PerThread<T> {
    /// Has a place for each thread. In a model all values are made now: it does not see that they are made before they are read.
    pub(crate) fn new(make: impl Fn() -> T) -> Self {
        let first = || if cfg!(all(loom, test)) { OnceLock::from(make()) } else { OnceLock::new() };
        Self { first: array::from_fn(|_| first()), others: OnceLock::new() }
    }

    /// The value of this thread.
    #[inline(always)]
    pub(crate) fn mine(&self, make: impl FnOnce() -> T) -> Mine<'_, T> {
        // A thread whose number is not known has a large one, so one comparison finds both.
        let place = known_thread_number();
        match self.first.get(place).and_then(OnceLock::get) {
            Some(value) => Mine { value, place, alone: place < PLACES - 1 },
            None => self.mine_or_new(make),
        }
    }

    #[inline(never)]
    fn mine_or_new(&self, make: impl FnOnce() -> T) -> Mine<'_, T> {
        let place = thread_number().min(PLACES - 1);
        let slot = if place < FIRST { &self.first[place] } else { self.other(place) };
        Mine { value: slot.get_or_init(make), place, alone: place < PLACES - 1 }
    }

    /// The value in a place; `None` where it was not made.
    pub(crate) fn get(&self, place: usize) -> Option<&T> {
        if place < FIRST { &self.first[place] } else { self.other(place) }.get()
    }

    fn other(&self, place: usize) -> &OnceLock<T> {
        let before = 1 << place.ilog2();
        let others = self.others.get_or_init(|| Box::new(array::from_fn(|_| OnceLock::new())));
        let others = &others[(before / FIRST).ilog2() as usize];
        &others.get_or_init(|| (0..before).map(|_| OnceLock::new()).collect())[place - before]
    }

    /// All values there are.
    pub(crate) fn each(&self) -> impl Iterator<Item = &T> {
        let others = self.others.get().into_iter().flat_map(|others| others.iter()).filter_map(OnceLock::get).flatten();
        self.first.iter().chain(others).filter_map(OnceLock::get)
    }
}
