//! What the instances of one kind and name share: where they count.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering}; // no model checks it

use super::measured::Measured;
use super::reading::Histogram;
use crate::name::Name;
use crate::source::{Kind, Source};
use crate::state::calls::Ended;
use crate::state::tally::Tally;

/// What all instances of a kind and name have counted in a registry.
///
/// It is kept for the life of the process, as names are, so calls hold it for free and its totals never fall.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) source: Source<'static>,
    tally: Tally,
    pub(crate) measured: Measured,
    /// Whether somebody who looked has seen an instance, or that something was counted.
    was_seen: AtomicBool,
}

impl Row {
    pub(super) fn leak(source: Source<'static>) -> &'static Self {
        Box::leak(Box::new(Self {
            source,
            tally: Tally::new(),
            measured: Measured::default(),
            was_seen: AtomicBool::new(false),
        }))
    }

    pub(crate) const fn name(&self) -> Name {
        self.source.name()
    }

    /// How long the calls took that measures saw end in this way.
    pub(super) fn times(&self, ended: Ended) -> Histogram {
        self.measured.of(ended)
    }

    /// Whether anything was ever counted.
    pub(super) fn has_counted(&self) -> bool {
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
