//! How a layer without state is listed.

use super::list::Registry;
use super::listed::Listed;
use super::row::Row;
use crate::cached_arc::{CachedArc, cached};
use crate::name::Name;
use crate::setting::Setting;
use crate::source::{Kind, Source};
use crate::sync::weak;

/// The entry of a layer that has no state of its own, such as a timeout. The layers and services of one share it.
///
/// Calls hold only its row, so that they pay nothing for it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    row: &'static Row,
    shared: CachedArc<Shared>,
}

#[derive(Debug)]
struct Shared {
    row: &'static Row,
    registry: Registry,
    settings: Vec<Setting>,
}

cached!(Shared);

impl Entry {
    /// An entry in the registry of the process.
    pub(crate) fn new(kind: Kind, name: Name, settings: Vec<Setting>) -> Self {
        Self::of(Registry::global(), Source::new(kind, name), settings)
    }

    fn of(registry: Registry, source: Source<'static>, settings: Vec<Setting>) -> Self {
        let listing = registry.listing(source.kind(), source.name());
        let row = listing.row();
        let shared = CachedArc::new(Shared { row, registry, settings });
        listing.list(weak(shared.shared()));
        Self { row, shared }
    }

    /// The same under another name.
    pub(crate) fn named(&self, name: Name) -> Self {
        let Shared { row, registry, settings } = &*self.shared;
        Self::of(registry.clone(), Source::new(row.kind(), name), settings.clone())
    }

    /// The same in another registry.
    pub(crate) fn listed_in(&self, registry: &Registry) -> Self {
        Self::of(registry.clone(), self.row.source, self.shared.settings.clone())
    }

    /// Where it counts.
    #[inline(always)]
    pub(crate) const fn row(&self) -> &'static Row {
        self.row
    }
}

impl Listed for Shared {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        self.settings.clone()
    }
}
