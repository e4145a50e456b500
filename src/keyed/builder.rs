//! The settings of a layer per key.

use std::any::type_name;
use std::fmt;
use std::time::Duration;

use super::PerKey;
use super::shared::{NoRoom, Rows, Shared, Show};
use super::shown::of_host;
use crate::call::{AdmissionLayer, AtOnce, Builder, Fork, Handled, Plain, Settings};
use crate::error::ConfigError;
use crate::name::Name;
use crate::registry::{Registry, Shown};
use crate::setting::Setting;
use crate::source::Kind;
use crate::state::keys::{CAPACITY, IDLE, Keys};

/// Wraps services in a limit for each key.
///
/// Services made by one layer, and their clones, share its keys and the limit of each.
pub type PerKeyLayer<K, By, A, E = Plain, W = AtOnce> = AdmissionLayer<PerKey<K, By, A>, E, W>;

/// Builds a [`PerKeyLayer`].
///
/// Made by [`Builder::per_key`].
#[must_use]
pub struct PerKeyBuilder<T, E, K, By> {
    model: Builder<T, E>,
    by: By,
    capacity: usize,
    idle: Duration,
    full: NoRoom,
    show: Show<K>,
}

impl<T: Settings, E> Builder<T, E> {
    /// Gives each key a limit of its own; `key` takes the key from a request.
    ///
    /// See [`keyed`](crate::keyed) for an example.
    pub fn per_key<Request, K: 'static, By>(self, key: By) -> PerKeyBuilder<T, E, K, By>
    where
        By: Fn(&Request) -> K,
    {
        let (capacity, idle, full) = (CAPACITY, IDLE.into(), NoRoom::Pass);
        PerKeyBuilder { model: self, by: key, capacity, idle, full, show: of_host::<K> }
    }
}

impl<T, E, K, By> PerKeyBuilder<T, E, K, By> {
    /// Sets what errors and events call it, as [`Builder::name`] does.
    pub fn name(self, name: Name) -> Self {
        Self { model: self.model.name(name), ..self }
    }

    /// Sets the registry that lists it, as [`Builder::registry`] does.
    pub fn registry(self, registry: &Registry) -> Self {
        Self { model: self.model.registry(registry), ..self }
    }

    /// Keeps at most this many keys.
    ///
    /// At least 1. Set it above the number of keys that are in use within `idle`, but not far above: a call that sweeps the map
    /// waits for the whole sweep. [What a key costs](crate::keyed#what-a-key-costs) has the memory. Defaults to 1,000.
    #[doc(alias = "max_size")]
    #[doc(alias = "max_capacity")]
    pub fn capacity(mut self, keys: usize) -> Self {
        self.capacity = keys;
        self
    }

    /// Removes a key that was not used for this long.
    ///
    /// It is removed when another key needs its room. With a circuit breaker, set it above the window: a circuit's counts are
    /// removed with its key. Defaults to 5 minutes.
    #[doc(alias = "time_to_idle")]
    #[doc(alias = "expire_after_access")]
    pub fn idle(mut self, duration: Duration) -> Self {
        self.idle = duration;
        self
    }

    /// Rejects a call when there is no room for its key.
    ///
    /// Set it where an unprotected call is worse than a rejected one, and only where callers do not choose the keys: otherwise a
    /// caller that floods the map with keys locks all others out. Defaults to letting such calls pass unprotected.
    pub fn reject_when_full(mut self) -> Self {
        self.full = NoRoom::Reject;
        self
    }

    /// Shows the key as text in the events of its limit.
    ///
    /// Set it where keys are few and not secret: keys are often tokens or addresses. By default only the keys of
    /// `http::host` are shown.
    pub fn show_keys(mut self) -> Self
    where
        K: fmt::Display,
    {
        self.show = |key| Some(key.to_string());
        self
    }
}

impl<T, E, K, By> PerKeyBuilder<T, E, K, By>
where
    T: Settings<Limit: Fork>,
    K: Send + Sync + 'static,
{
    /// Builds the layer, and with it its map, empty.
    ///
    /// # Errors
    ///
    /// When a setting is not legal, also one of the limit that each key is to have.
    #[expect(clippy::type_complexity, reason = "it names the layer")]
    pub fn build(self) -> Result<PerKeyLayer<K, By, T::Limit, E, T::Entry>, ConfigError> {
        let Self { model, by, capacity, idle, full, show } = self;
        let (mut model, settings, end) = model.checked()?;
        let name = model.name();
        ConfigError::unless(capacity > 0, "capacity", capacity, "at least 1")
            .map_err(|error| error.of(Kind::PerKey.as_str()).named(name.as_str()))?;
        let (listing, row) = (model.for_keys(), model.row());
        let model = settings.limit(model);
        let mut settings = vec![Setting::new("capacity", capacity), Setting::new("idle", idle)];
        settings.extend(model.handle().listed().settings());
        let rows = Rows { own: listing.row(), of_keys: row };
        let (keys, handle, others) = (Keys::new(capacity, idle.into()), model.handle(), model.for_others());
        let shared = Shared::new(keys, handle, others, rows, settings, full, show);
        Ok(AdmissionLayer::made(PerKey::new(model, by, shared, &listing), end))
    }
}

impl<T: Clone, E: Clone, K, By: Clone> Clone for PerKeyBuilder<T, E, K, By> {
    fn clone(&self) -> Self {
        let Self { model, by, capacity, idle, full, show } = self;
        Self { model: model.clone(), by: by.clone(), capacity: *capacity, idle: *idle, full: *full, show: *show }
    }
}

impl<T, E, K, By> fmt::Debug for PerKeyBuilder<T, E, K, By> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut builder = f.debug_struct("PerKeyBuilder");
        builder.field("of", &type_name::<T>()).field("capacity", &self.capacity).field("idle", &self.idle);
        builder.field("full", &self.full).finish_non_exhaustive()
    }
}
