//! The gauges of all instances of a kind and name, added up, or the greatest of them.

use std::collections::{BTreeMap, BTreeSet};

use super::row::Row;
use crate::name::Name;
use crate::source::Kind;

/// Gauges by kind and name, where there are instances.
#[derive(Debug, Default)]
pub(crate) struct Sums(BTreeMap<(Kind, Name), Gauges>);

impl Sums {
    /// The gauges of an instance's kind and name, to which it adds its own.
    pub(crate) fn of(&mut self, row: &Row) -> &mut Gauges {
        self.0.entry((row.kind(), row.name())).or_default()
    }

    pub(crate) fn get(&self, row: &Row) -> Option<&Gauges> {
        self.0.get(&(row.kind(), row.name()))
    }

    /// A gauge of all names of a kind, as a count.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a count, and small")]
    pub(crate) fn count(&self, kind: Kind, gauge: &str) -> u64 {
        let all = self.0.iter().filter(|((of, _), _)| *of == kind);
        all.filter_map(|(_, gauges)| gauges.get(gauge)).sum::<f64>() as u64
    }
}

/// Gauges, by the names that the table of metrics has for them. Some it does not have: they tell only what calls hold.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    sums: BTreeMap<&'static str, f64>,
    /// What instances share that was added, by where it is.
    shared: BTreeSet<usize>,
}

impl Gauges {
    /// Adds to a gauge, which is there from then on.
    pub(crate) fn add(&mut self, gauge: &'static str, value: f64) {
        *self.sums.entry(gauge).or_default() += value;
    }

    /// Adds a count to a gauge.
    pub(crate) fn add_count(&mut self, gauge: &'static str, count: usize) {
        self.add_total(gauge, count as u64);
    }

    /// Adds a total to a gauge.
    #[expect(clippy::cast_precision_loss, reason = "who looks does not tell 2^53 from the next")]
    pub(crate) fn add_total(&mut self, gauge: &'static str, total: u64) {
        self.add(gauge, total as f64);
    }

    /// Takes a count for a gauge if it is the greatest so far.
    #[expect(clippy::cast_precision_loss, reason = "who looks does not tell 2^53 from the next")]
    pub(crate) fn take_greatest(&mut self, gauge: &'static str, count: usize) {
        let greatest = self.sums.entry(gauge).or_default();
        *greatest = greatest.max(count as f64);
    }

    /// Adds a total of what instances may share, which is at this address, once for all of them.
    pub(crate) fn add_shared(&mut self, gauge: &'static str, address: usize, total: u64) {
        if self.shared.insert(address) {
            self.add_total(gauge, total);
        }
    }

    /// Adds how much is used of what lets calls pass, and how much of it there is.
    pub(crate) fn add_use(&mut self, used: u64, room: u64) {
        self.add_total("used", used.min(room));
        self.add_total("room", room);
    }

    pub(crate) fn get(&self, gauge: &str) -> Option<f64> {
        self.sums.get(gauge).copied()
    }

    /// One gauge by another that is not zero.
    pub(super) fn share(&self, gauge: &str, of: &str) -> Option<f64> {
        let of = self.get(of).filter(|of| *of > 0.0)?;
        Some(self.get(gauge)? / of)
    }
}
