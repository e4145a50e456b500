//! What the instances of one kind and name share: where they count.

use std::ops::Deref;

use crate::name::Name;
use crate::source::{Kind, Source};
use crate::state::tally::Tally;

/// What all instances of a kind and name have counted in a registry.
///
/// It is kept for the life of the process, as names are, so calls hold it for free and its totals never fall.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) source: Source<'static>,
    tally: Tally,
}

impl Row {
    pub(super) fn leak(source: Source<'static>) -> &'static Self {
        Box::leak(Box::new(Self { source, tally: Tally::new() }))
    }

    pub(crate) const fn name(&self) -> Name {
        self.source.name()
    }

    pub(super) const fn kind(&self) -> Kind {
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
