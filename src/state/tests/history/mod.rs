//! What a history keeps, and what follows from it.

mod failures;
mod figures;
mod model;
mod order;

use crate::state::history::{Counted, History, Record, Standing, Sums, Turn};
use crate::time::Nanos;

/// More than any of these tests keeps.
const MANY: usize = 1_000;

/// A change to this standing, the `number`-th.
fn turn(number: u64, to: Standing) -> Turn {
    Turn { number, to, is_by_hand: to == Standing::Out, counted: Counted::default() }
}

/// It fails until this moment, if nobody asks before.
const fn down(until: u64) -> Standing {
    Standing::Down { until: Nanos(until) }
}

/// One change after the other, each told at its time. What they are is how many there were before.
fn history(born: u64, capacity: usize, changes: &[(u64, Standing)]) -> History<usize> {
    let mut history = History::new(Nanos(born), capacity);
    for (number, (at, to)) in changes.iter().enumerate() {
        history.keep(record(*at, turn(number as u64, *to), number));
    }
    history
}

fn record(at: u64, turn: Turn, what: usize) -> Record<usize> {
    Record { at: Nanos(at), turn: Some(turn), what }
}

/// Something that changes nothing.
fn remark(at: u64, what: usize) -> Record<usize> {
    Record { at: Nanos(at), turn: None, what }
}

fn whats(history: &History<usize>) -> Vec<usize> {
    history.records().iter().map(|record| record.what).collect()
}

/// Operating time, downtime, the longest downtime, failures, restored, reopened.
fn numbers(sums: Sums) -> [u64; 6] {
    let Sums { operating, downtime, longest, failures, restored, reopened, .. } = sums;
    [operating.0, downtime.0, longest.0, failures, restored, reopened]
}
