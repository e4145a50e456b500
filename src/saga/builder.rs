//! The steps and the settings of a saga.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc; // no model checks it
use std::time::Duration;

use parking_lot::Mutex; // no model checks it

use super::Saga;
use super::definition::Definition;
use super::drive::Core;
use super::log::Log;
use super::settings::Settings;
use super::shared::Shared;
use super::step::Named;
use crate::backoff::{Backoff, generator};
use crate::error::ConfigError;
use crate::name::Name;
use crate::registry::Registry;
use crate::source::Kind;
use crate::state::saga::Unknown;
use crate::store::{Codec, Store};

/// Builds a [`Saga`].
#[must_use]
pub struct SagaBuilder<C> {
    name: Cow<'static, str>,
    log: Arc<dyn Store>,
    codec: Arc<dyn Codec<C>>,
    places: Vec<Vec<Named<C>>>,
    /// The places of pivots. More than one is not legal.
    pivots: Vec<usize>,
    settings: Settings,
    registry: Registry,
}

impl<C> Saga<C> {
    /// Starts to build a saga. The codec makes bytes of its contexts: with the feature `serde` it may be `store::Json`.
    ///
    /// Errors and events show the name, of 1 to 64 bytes, and the log has its records under it: build one saga of a name for a log.
    pub fn builder(name: impl Into<Cow<'static, str>>, log: Arc<dyn Store>, codec: impl Codec<C>) -> SagaBuilder<C> {
        SagaBuilder {
            name: name.into(),
            log,
            codec: Arc::new(codec),
            places: Vec::new(),
            pivots: Vec::new(),
            settings: Settings::default(),
            registry: Registry::global(),
        }
    }
}

impl<C: Send + 'static> SagaBuilder<C> {
    /// Adds a place of these steps.
    pub(super) fn place(mut self, steps: Vec<Named<C>>) -> Self {
        self.places.push(steps);
        self
    }

    /// Adds the place of the pivot.
    pub(super) fn place_of_pivot(mut self, pivot: Named<C>) -> Self {
        self.pivots.push(self.places.len());
        self.place(vec![pivot])
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { registry: registry.clone(), ..self }
    }

    /// Sets how long to wait before a compensation, a step after the pivot, or a write that must not fail, is tried again.
    ///
    /// Defaults to 1 second that doubles up to 1 minute, with full jitter.
    pub fn backoff(self, backoff: Backoff) -> Self {
        self.set(|settings| settings.backoff = backoff)
    }

    /// Sets for how long they are tried again, by the system's clock.
    ///
    /// It counts from the first compensation, or from the first failure of a step after the pivot. Then a compensation is left, and the
    /// next one is tried once; the saga is stuck in the end. With zero nothing is tried twice. Defaults to 24 hours.
    pub fn give_up_after(self, duration: Duration) -> Self {
        self.set(|settings| settings.give_up_after = duration)
    }

    /// Compensates a step whose end is unknown after a crash, and all before it. The pivot and what comes after it is done again.
    ///
    /// Set it where doing a step again costs more than giving up. By default such a step is done again, with the same key.
    pub fn compensate_unknown(self) -> Self {
        self.set(|settings| settings.unknown = Unknown::Compensate)
    }

    /// Runs each saga inside the future of who waits for it, and not in a task of its own.
    ///
    /// Dropping the future stops the saga where it stands, until it is [resumed](Saga::resume). By default a saga goes on.
    pub fn in_place(self) -> Self {
        self.set(|settings| settings.in_place = true)
    }

    /// Sets how many sagas there may be that have not ended, the stuck ones among them. One more is not begun.
    ///
    /// 1 to 1,000,000. Those that a log has already are resumed all the same. Defaults to 10,000.
    pub fn capacity(self, sagas: usize) -> Self {
        self.set(|settings| settings.capacity = sagas)
    }

    /// Sets of how many sagas the end is kept, those that ended last, so that the same id gives the same end.
    ///
    /// 0 to 1,000,000. Set it to more than are begun in the time in which a caller may ask again: a saga whose end is
    /// forgotten runs again. Defaults to 10,000.
    pub fn keep_ended(self, sagas: usize) -> Self {
        self.set(|settings| settings.keep_ended = sagas)
    }

    /// Seeds the jitter, so that it is the same in each run. Defaults to the system's randomness.
    pub fn seed(self, seed: u64) -> Self {
        self.set(|settings| settings.seed = Some(seed))
    }

    fn set(mut self, set: impl FnOnce(&mut Settings)) -> Self {
        set(&mut self.settings);
        self
    }

    /// Builds the saga.
    ///
    /// # Errors
    ///
    /// When a setting or a step is not legal; the error says which, and what would be.
    pub fn build(self) -> Result<Saga<C>, ConfigError> {
        let Self { name, log, codec, places, pivots, settings, registry } = self;
        let of = |error: ConfigError| error.of(Kind::Saga.as_str());
        let name = Name::new(name).map_err(of)?;
        let named = |error: ConfigError| of(error).named(name.as_str());
        settings.check().map_err(named)?;
        let definition = Definition::of(&places, &pivots).map_err(named)?;
        let listing = registry.listing(Kind::Saga, name);
        let random = Mutex::new(generator(settings.seed));
        let log = Log::new(log, name, settings.keep_ended);
        let shared = Arc::new(Shared::new(listing.row(), definition, settings, log));
        listing.list(Arc::downgrade(&shared));
        let steps = places.into_iter().flatten().map(|(_, step)| step).collect();
        Ok(Saga { core: Arc::new(Core { shared, steps, codec, random }) })
    }
}

impl<C> fmt::Debug for SagaBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<_> = self.places.iter().flatten().map(|(name, _)| name).collect();
        let mut builder = f.debug_struct("SagaBuilder");
        builder
            .field("name", &self.name)
            .field("steps", &steps)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
