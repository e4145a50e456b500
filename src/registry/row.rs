//! What the instances of one kind and name share: where they count.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering}; // no model checks it

use super::measured::Measured;
use super::reading::Histogram;
use crate::name::Name;
use crate::source::{Kind, Source};
use crate::state::calls::Ended;
use crate::state::history::Counted;
use crate::state::tally::Tally;

/// The steps of a fallback; the last stands for all later ones. Its first word counts calls that no step answered.
pub(super) const ANSWERS: [&str; 4] = ["1", "2", "3", "4"];

/// What all instances of a kind and name have counted in a registry.
///
/// It is kept for the life of the process, as names are, so calls hold it for free and its totals never fall.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) source: Source<'static>,
    tally: Tally,
    family: &'static Family,
    pub(crate) measured: Measured,
    /// Whether somebody who looked has seen an instance, or that something was counted.
    was_seen: AtomicBool,
}

/// The rows of one name that others of it look at.
#[derive(Default)]
pub(super) struct Family {
    fallback: OnceLock<&'static Row>,
    measure: OnceLock<&'static Row>,
}

/// Its rows have it themselves.
impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family").finish_non_exhaustive()
    }
}

impl Row {
    pub(super) fn leak(source: Source<'static>, family: &'static Family) -> &'static Self {
        let row = Box::leak(Box::new(Self {
            source,
            tally: Tally::new(),
            family,
            measured: Measured::default(),
            was_seen: AtomicBool::new(false),
        }));
        match row.kind() {
            Kind::Fallback => _ = family.fallback.set(row),
            Kind::Measure => _ = family.measure.set(row),
            _ => {}
        }
        row
    }

    /// The calls of its name that came to harm so far. A call is lost where the fallbacks gave no answer. Without fallbacks, it is
    /// where measures saw that it was no success.
    pub(crate) fn harmed(&self, rejected: u64) -> Counted {
        let Family { fallback, measure } = self.family;
        let seen = |row: &Self, ends: &[Ended]| ends.iter().map(|ended| row.times(*ended).count()).sum();
        let measured = || measure.get().map(|row| seen(row, &[Ended::Failure, Ended::Throttled, Ended::Rejected]));
        Counted {
            rejected,
            degraded: fallback.get().map(|row| (1..=ANSWERS.len()).map(|step| row.total(step)).sum()),
            lost: fallback.get().map(|row| row.total(0)).or_else(measured),
        }
    }

    pub(crate) const fn name(&self) -> Name {
        self.source.name()
    }

    /// How long the calls took that measures saw end in this way.
    pub(super) fn times(&self, ended: Ended) -> Histogram {
        self.measured.of(ended)
    }

    /// Whether anything was ever counted.
    pub(crate) fn has_counted(&self) -> bool {
        self.tally.has_counted() || self.measured.has_counted()
    }

    /// Whether it is seen now, or was seen when somebody looked before.
    pub(super) fn was_seen(&self, is_seen: bool) -> bool {
        self.was_seen.fetch_or(is_seen, Ordering::Relaxed) || is_seen
    }

    pub(crate) const fn kind(&self) -> Kind {
        self.source.kind()
    }
}

impl Deref for Row {
    type Target = Tally;

    #[inline(always)]
    fn deref(&self) -> &Tally {
        &self.tally
    }
}
