//! What a thing went through: the last of it as it was, and figures of all of it.
//!
//! Exact. Several threads may tell changes in any order: each change has a number, and they are kept by their numbers. Only a change
//! that comes a whole history late is out of order. What is no longer kept stays in the figures since the beginning.

mod counted;
mod figures;
mod fold;
mod turn;

use std::collections::VecDeque;
use std::mem;

pub(crate) use self::counted::Counted;
pub use self::figures::Figures;
use self::fold::Fold;
pub(crate) use self::fold::Sums;
pub(crate) use self::turn::{Standing, Turn};
use crate::time::Nanos;

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Record<T> {
    pub(crate) at: Nanos,
    /// How the thing stands from then on, if that changed.
    pub(crate) turn: Option<Turn>,
    pub(crate) what: T,
}

/// The time in which a thing failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failed<'a, T> {
    /// How it began.
    pub(crate) what: &'a T,
    pub(crate) began: Nanos,
    pub(crate) ended: Option<Nanos>,
    /// Its downtime so far: without the time in which nobody asked whether it still failed.
    pub(crate) lasted: Nanos,
    /// What was counted meanwhile.
    pub(crate) counted: Counted,
}

#[derive(Debug)]
pub(crate) struct History<T> {
    born: Nanos,
    capacity: usize,
    records: VecDeque<Record<T>>,
    /// Of those that are no longer kept, the beginning of the failure that they ended in.
    began: Option<Record<T>>,
    /// What those came to.
    past: Fold,
    /// What all came to.
    all: Fold,
}

impl<T> History<T> {
    /// That of a thing that has stood well since `born`.
    pub(crate) fn new(born: Nanos, capacity: usize) -> Self {
        let none = Fold::new(born);
        Self { born, capacity, records: VecDeque::new(), began: None, past: none, all: none }
    }

    /// Keeps a record at its place, which is the last unless a later one was told before.
    pub(crate) fn keep(&mut self, mut record: Record<T>) {
        let place = self.records.iter().position(|other| other.is_after(&record)).unwrap_or(self.records.len());
        // Clocks are read before the change, so times may be the other way round.
        let before = place.checked_sub(1).map_or(self.past.since(), |before| self.records[before].at);
        let after = self.records.get(place).map_or(Nanos::MAX, |after| after.at);
        record.at = record.at.max(before).min(after);
        let (at, turn, is_last) = (record.at, record.turn, place == self.records.len());
        self.records.insert(place, record);
        match turn {
            Some(turn) if is_last => self.all.turn(at, turn),
            Some(_) => self.all = self.after(self.past),
            None => {}
        }
        while self.records.len() > self.capacity {
            self.forget();
        }
    }

    /// Forgets the first record, but not what it came to.
    fn forget(&mut self) {
        let Some(record) = self.records.pop_front() else { return };
        let Some(turn) = record.turn else { return };
        self.past.turn(record.at, turn);
        if self.past.is_failing() {
            self.began.get_or_insert(record);
        } else {
            self.began = None;
        }
    }

    /// What is kept, in its order, which is also that of time.
    pub(crate) const fn records(&self) -> &VecDeque<Record<T>> {
        &self.records
    }

    /// What is kept and changed how the thing stands.
    fn turns(&self) -> impl Iterator<Item = (&Record<T>, Turn)> {
        self.records.iter().filter_map(|record| Some((record, record.turn?)))
    }

    /// Goes on past all that is kept.
    fn after(&self, mut fold: Fold) -> Fold {
        self.turns().for_each(|(record, turn)| fold.turn(record.at, turn));
        fold
    }

    /// Sums over what is known of the last `window`, or over all.
    pub(crate) fn sums(&self, window: Option<Nanos>, now: Nanos) -> Sums {
        let from = window.map_or(self.born, |window| now.saturating_sub(window));
        let fold = if from > self.born { self.after(self.past.from(from)) } else { self.all };
        fold.end(now)
    }

    /// The failures that go on now, when this was counted, and those whose end is kept.
    pub(crate) fn failures(&self, counted: Counted, now: Nanos) -> Vec<Failed<'_, T>> {
        let mut failures = Vec::new();
        let mut fold = self.past;
        let mut open = self.began.as_ref().and_then(|begin| Some((begin, begin.turn?)));
        for (record, turn) in self.turns() {
            if turn.to.is_failing() {
                open = open.or(Some((record, turn)));
            } else if let Some(begin) = mem::take(&mut open) {
                failures.push(Failed::of(begin, Some(record.at), fold.downtime(record.at), turn.counted));
            }
            fold.turn(record.at, turn);
        }
        failures.extend(open.map(|begin| Failed::of(begin, None, fold.downtime(now), counted)));
        failures
    }
}

impl<T> Record<T> {
    /// Whether it comes after another: of two changes by their numbers.
    fn is_after(&self, other: &Self) -> bool {
        match (self.turn, other.turn) {
            (Some(turn), Some(other)) => turn.number > other.number,
            _ => self.at > other.at,
        }
    }
}

impl<'a, T> Failed<'a, T> {
    fn of((begin, turn): (&'a Record<T>, Turn), ended: Option<Nanos>, lasted: Nanos, counted: Counted) -> Self {
        Self { what: &begin.what, began: begin.at, ended, lasted, counted: counted.since(turn.counted) }
    }
}
