//! What the services and the handles of a layer share.

use std::sync::OnceLock; // no model checks it
use std::sync::atomic::{AtomicBool, Ordering}; // no model checks it

use rand::Rng as _;

use crate::backoff::generator;
use crate::cached_arc::{CachedArc, cached};
use crate::error::ConfigError;
use crate::event::{Action, Event, Told};
use crate::name::Name;
use crate::registry::{Listed, Order, Registry, Row, Story, Sums};
use crate::setting::Setting;
use crate::source::Kind;
use crate::state::history::Counted;
use crate::state::rehearsals::Rehearsals;
use crate::sync::weak;

/// What is set of a layer, beside its steps.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) name: Name,
    pub(super) registry: Registry,
    /// The share of calls that rehearse.
    pub(super) rehearse: f64,
    pub(super) seed: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { name: Name::of("fallback"), registry: Registry::global(), rehearse: 0.0, seed: None }
    }
}

/// Whether a fallback answers every call, which calls rehearse, and where it is listed.
#[derive(Debug)]
pub(crate) struct Core {
    pub(super) row: &'static Row,
    settings: Settings,
    /// Made when it tells something: most never do.
    told: OnceLock<Box<Told>>,
    is_always: AtomicBool,
    /// `None` where no call rehearses. Boxed, because it has words for each thread.
    rehearsals: Option<Box<Rehearsals>>,
}

cached!(Core);

impl Core {
    pub(super) fn new(settings: Settings) -> CachedArc<Self> {
        let Settings { name, registry, rehearse, seed } = &settings;
        let listing = registry.listing(Kind::Fallback, *name);
        let seed = || seed.unwrap_or_else(|| generator(None).next_u64());
        let core = Self {
            row: listing.row(),
            told: OnceLock::new(),
            is_always: AtomicBool::new(false),
            rehearsals: (*rehearse > 0.0).then(|| Box::new(Rehearsals::new(*rehearse, seed()))),
            settings,
        };
        let core = CachedArc::new(core);
        listing.list(weak(core.shared()));
        core
    }

    /// Another one, with a setting changed.
    pub(super) fn set(&self, set: impl FnOnce(&mut Settings)) -> CachedArc<Self> {
        let mut settings = self.settings.clone();
        set(&mut settings);
        Self::new(settings)
    }

    /// Whether the next call rehearses.
    #[inline(always)]
    pub(super) fn rehearses(&self) -> bool {
        self.rehearsals.as_deref().is_some_and(Rehearsals::is_drawn)
    }

    /// Whether every call is to be answered by the fallback: all that it costs to ask.
    #[inline(always)]
    pub(super) fn is_always(&self) -> bool {
        self.is_always.load(Ordering::Relaxed)
    }

    /// Switches it, and tells it unless it was so.
    pub(super) fn switch(&self, is_always: bool) {
        if self.is_always.swap(is_always, Ordering::Relaxed) != is_always {
            self.told().tell(self.row.source, &Event::FallbackSwitched { is_always });
        }
    }

    fn told(&self) -> &Told {
        self.told.get_or_init(|| Box::new(Told::new()))
    }
}

impl Listed for Core {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        let rate = self.settings.rehearse;
        vec![Setting::new("rehearse", (rate > 0.0).then_some(rate))]
    }

    fn snapshot(&self) -> Vec<Setting> {
        vec![Setting::new("is_always", self.is_always())]
    }

    fn gauges(&self, sums: &mut Sums) {
        sums.of(self.row).add_count("always", self.is_always().into());
    }

    fn story(&self, story: &mut Story) {
        if let Some(told) = self.told.get() {
            story.add(self.row.source, told, Counted::default);
        }
    }

    fn steer(&self, order: &Order<'_>) -> Result<usize, ConfigError> {
        if !order.is_for(self.row.source) {
            return Ok(0);
        }
        self.told().tell(self.row.source, &order.event());
        self.switch(matches!(order.action, Action::Always));
        Ok(1)
    }
}
