//! The layer: what is kept, for all services that it makes.

use std::fmt;
use std::sync::Arc; // as in `kept`

use super::fetch::Call;
use super::handle::CacheHandle;
use super::refresh::InCall;
use super::shared::Core;
use super::waiting::FlightsOf;
use crate::kept::{Entry, Found, Keeps, Keyed, Place, Recall};

/// Wraps services in a cache.
///
/// Services made by one layer, and their clones, share what is kept. `C` is the call to the service; the compiler finds it.
#[must_use]
pub struct CacheLayer<P, C: Call, M = InCall> {
    pub(super) keep: P,
    pub(super) core: Arc<Core<C::Key, C::Value>>,
    pub(super) flights: FlightsOf<C>,
    pub(super) refresh: M,
}

impl<P: Keyed, C: Call<Key = P::Key>, M> CacheLayer<P, C, M> {
    /// Gives a handle to look at the cache and to throw away what it keeps.
    pub fn handle(&self) -> CacheHandle<P::Key> {
        CacheHandle::new(Arc::clone(&self.core))
    }
}

/// For a [fallback](crate::FallbackLayer::cached).
impl<Request, Response, P, C, M> Keeps<Request, Response> for CacheLayer<P, C, M>
where
    P: Recall<Request, Response, Key = C::Key, Value = C::Value>,
    C: Call,
{
    type Found = Remembered<C::Value>;

    fn find(&self, request: &Request) -> Self::Found {
        let Place::At(key) = self.keep.place(request) else { return Remembered(None) };
        match self.core.kept.find(&self.keep, request, key, None, &self.core.clock) {
            Found::Entry { entry, .. } => Remembered(Some(entry)),
            Found::Nothing { .. } | Found::Alone { .. } => Remembered(None),
        }
    }

    fn give(&self, Remembered(entry): Self::Found) -> Option<Response> {
        let now = self.core.clock.now();
        let entry = entry.filter(|entry| entry.life.is_kept(now))?;
        Some(self.core.give(&self.keep, &entry, now))
    }
}

/// What a cache had for a request when its call began.
pub struct Remembered<V>(Option<Arc<Entry<V>>>);

impl<V> fmt::Debug for Remembered<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Remembered").field(&self.0.is_some()).finish()
    }
}

impl<P: Clone, C: Call, M: Clone> Clone for CacheLayer<P, C, M> {
    fn clone(&self) -> Self {
        let Self { keep, core, flights, refresh } = self;
        Self { keep: keep.clone(), core: Arc::clone(core), flights: flights.clone(), refresh: refresh.clone() }
    }
}

impl<P, C: Call, M> fmt::Debug for CacheLayer<P, C, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheLayer").field("name", &self.core.row.name()).finish_non_exhaustive()
    }
}
