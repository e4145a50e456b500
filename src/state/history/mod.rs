//! What a thing went through: the last of it as it was, and figures of all of it.
//!
//! Exact. Changes that several threads tell are put in the order of their numbers, whoever comes first, as long as none is told later
//! than a whole history after the next one. What is no longer kept stays in the figures since the beginning.

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
}

impl<T> History<T> {
    /// That of a thing that has stood well since `born`.
    pub(crate) fn new(born: Nanos, capacity: usize) -> Self {
        Self { born, capacity, records: VecDeque::new(), began: None, past: Fold::new(born) }
    }

    /// Keeps a record at its place, which is the last unless a later one was told before.
    pub(crate) fn keep(&mut self, mut record: Record<T>) {
        let place = self.records.iter().position(|other| other.is_after(&record)).unwrap_or(self.records.len());
        // Clocks are read before the change, so times may be the other way round.
        let before = place.checked_sub(1).map_or(self.past.since(), |before| self.records[before].at);
        let after = self.records.get(place).map_or(Nanos::MAX, |after| after.at);
        record.at = record.at.max(before).min(after);
        self.records.insert(place, record);
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

    /// What is kept, in its order.
    pub(crate) fn records(&self) -> impl Iterator<Item = &Record<T>> {
        self.records.iter()
    }

    /// Sums over what is known of the last `window`, or over all.
    pub(crate) fn sums(&self, window: Option<Nanos>, now: Nanos) -> Sums {
        let from = window.map_or(self.born, |window| now.saturating_sub(window));
        let fold = if from > self.born { self.past.from(from) } else { self.past };
        let turns = self.records.iter().filter_map(|record| Some((record.at, record.turn?)));
        turns
            .fold(fold, |mut fold, (at, turn)| {
                fold.turn(at, turn);
                fold
            })
            .end(now)
    }

    /// The failures of which the end is kept, or that go on, when this was counted.
    pub(crate) fn failures(&self, counted: Counted) -> Vec<Failed<'_, T>> {
        let mut failures = Vec::new();
        let mut open = None;
        let turns = self.began.iter().chain(&self.records).filter_map(|record| Some((record, record.turn?)));
        for (record, turn) in turns {
            if turn.to.is_failing() {
                open = open.or(Some((record, turn)));
            } else if let Some(begin) = mem::take(&mut open) {
                failures.push(Failed::of(begin, Some(record.at), turn.counted));
            }
        }
        failures.extend(open.map(|begin| Failed::of(begin, None, counted)));
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
    fn of((record, turn): (&'a Record<T>, Turn), ended: Option<Nanos>, counted: Counted) -> Self {
        Self { what: &record.what, began: record.at, ended, counted: counted.since(turn.counted) }
    }
}
