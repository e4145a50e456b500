//! What the services and the handles of a layer share.

use std::sync::atomic::{AtomicBool, Ordering}; // no model checks it

use crate::cached_arc::{CachedArc, cached};
use crate::error::ConfigError;
use crate::event::{Action, Event, Told};
use crate::name::Name;
use crate::registry::{Listed, Order, Registry, Row, Story, Sums};
use crate::setting::Setting;
use crate::source::{Kind, Source};
use crate::state::history::Counted;
use crate::sync::weak;

/// Whether a fallback answers every call, and where it is listed.
#[derive(Debug)]
pub(crate) struct Core {
    pub(super) row: &'static Row,
    registry: Registry,
    told: Told,
    is_always: AtomicBool,
}

cached!(Core);

impl Core {
    /// One in the registry of the process.
    pub(super) fn new() -> CachedArc<Self> {
        Self::of(&Registry::global(), Source::new(Kind::Fallback, Name::of("fallback")))
    }

    fn of(registry: &Registry, source: Source<'static>) -> CachedArc<Self> {
        let listing = registry.listing(source.kind(), source.name());
        let core = Self {
            row: listing.row(),
            registry: registry.clone(),
            told: Told::new(),
            is_always: AtomicBool::new(false),
        };
        let core = CachedArc::new(core);
        listing.list(weak(core.shared()));
        core
    }

    /// Another one, under another name.
    pub(super) fn named(&self, name: Name) -> CachedArc<Self> {
        Self::of(&self.registry, Source::new(self.row.kind(), name))
    }

    /// Another one, in another registry.
    pub(super) fn listed_in(&self, registry: &Registry) -> CachedArc<Self> {
        Self::of(registry, self.row.source)
    }

    /// Whether every call is to be answered by the fallback: all that it costs to ask.
    #[inline(always)]
    pub(super) fn is_always(&self) -> bool {
        self.is_always.load(Ordering::Relaxed)
    }

    /// Switches it, and tells it unless it was so.
    pub(super) fn switch(&self, is_always: bool) {
        if self.is_always.swap(is_always, Ordering::Relaxed) != is_always {
            self.told.tell(self.row.source, &Event::FallbackSwitched { is_always });
        }
    }
}

impl Listed for Core {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        Vec::new()
    }

    fn snapshot(&self) -> Vec<Setting> {
        vec![Setting::new("is_always", self.is_always())]
    }

    fn gauges(&self, sums: &mut Sums) {
        sums.of(self.row).add_count("always", self.is_always().into());
    }

    fn story(&self, story: &mut Story) {
        story.add(self.row.source, &self.told, Counted::default);
    }

    fn steer(&self, order: &Order<'_>) -> Result<usize, ConfigError> {
        if !order.is_for(self.row.source) {
            return Ok(0);
        }
        self.told.tell(self.row.source, &order.event());
        self.switch(matches!(order.action, Action::Always));
        Ok(1)
    }
}
