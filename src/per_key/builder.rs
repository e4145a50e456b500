//! The settings of a layer per key.

use std::{any::type_name, fmt, marker::PhantomData, time::Duration};

use super::{Pattern, PerKeyLayer, layer::Full};
use crate::{BulkheadBuilder, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, ConfigError};

/// Builds a [`PerKeyLayer`].
///
/// Made by `per_key` of a [`CircuitBreakerBuilder`] or a [`BulkheadBuilder`].
#[must_use]
pub struct PerKeyBuilder<L, K, By> {
    model: Result<L, ConfigError>,
    by: By,
    capacity: usize,
    idle: Duration,
    full: Full,
    key: PhantomData<fn() -> K>,
}

impl<F> CircuitBreakerBuilder<F> {
    /// Has a circuit for each key that `key` takes from a request.
    ///
    /// See [`per_key`](crate::per_key) for an example.
    pub fn per_key<Request, K, By>(self, key: By) -> PerKeyBuilder<CircuitBreakerLayer<F>, K, By>
    where
        By: Fn(&Request) -> K,
    {
        PerKeyBuilder::new(self.build(), key)
    }
}

impl<Q, F> BulkheadBuilder<Q, F> {
    /// Has as many places, and a queue where one was set, for each key.
    ///
    /// `key` takes it from the request.
    ///
    /// See [`per_key`](crate::per_key) for an example.
    pub fn per_key<Request, K, By>(self, key: By) -> PerKeyBuilder<BulkheadLayer<Q, F>, K, By>
    where
        By: Fn(&Request) -> K,
    {
        PerKeyBuilder::new(self.build(), key)
    }
}

impl<L, K, By> PerKeyBuilder<L, K, By> {
    const fn new(model: Result<L, ConfigError>, by: By) -> Self {
        Self { model, by, capacity: 1000, idle: Duration::from_secs(300), full: Full::Pass, key: PhantomData }
    }

    /// Has room for at most this many keys.
    ///
    /// At least 1. Set it above the number of keys that are in use within `idle`, and not far above: the call for which the map is
    /// looked through waits for all of it. What a key costs is told [here](crate::per_key#what-a-key-costs). Defaults to 1,000.
    #[doc(alias = "max_size")]
    #[doc(alias = "max_capacity")]
    pub fn capacity(mut self, keys: usize) -> Self {
        self.capacity = keys;
        self
    }

    /// Lets go of a key that was not in use for this long.
    ///
    /// It goes when another is to come in. With a circuit breaker, set it above the window: what a circuit has counted goes
    /// with its key. Defaults to 5 minutes.
    #[doc(alias = "time_to_idle")]
    #[doc(alias = "expire_after_access")]
    pub fn idle(mut self, duration: Duration) -> Self {
        self.idle = duration;
        self
    }

    /// Rejects calls whose key has no room.
    ///
    /// Set it where to be unprotected is worse than to be rejected, and where callers do not choose the keys: else whoever
    /// floods the map with keys locks all others out. Defaults to letting them pass unprotected.
    pub fn reject_when_full(mut self) -> Self {
        self.full = Full::Reject;
        self
    }
}

impl<L: Pattern, K, By> PerKeyBuilder<L, K, By> {
    /// Builds the layer, and with it its map, empty.
    ///
    /// # Errors
    ///
    /// When a setting is not legal, also one of what there is to be for each key.
    pub fn build(self) -> Result<PerKeyLayer<L, K, By>, ConfigError> {
        let model = self.model?;
        ConfigError::unless(self.capacity > 0, "capacity", self.capacity, "at least 1")
            .map_err(|error| error.of("per key").named(model.name()))?;
        Ok(PerKeyLayer::new(model, self.by, self.capacity, self.idle.into(), self.full))
    }
}

impl<L: Clone, K, By: Clone> Clone for PerKeyBuilder<L, K, By> {
    fn clone(&self) -> Self {
        let Self { model, by, capacity, idle, full, key } = self;
        Self { model: model.clone(), by: by.clone(), capacity: *capacity, idle: *idle, full: *full, key: *key }
    }
}

impl<L, K, By> fmt::Debug for PerKeyBuilder<L, K, By> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut builder = f.debug_struct("PerKeyBuilder");
        builder.field("of", &type_name::<L>()).field("capacity", &self.capacity).field("idle", &self.idle);
        builder.field("full", &self.full).finish_non_exhaustive()
    }
}
