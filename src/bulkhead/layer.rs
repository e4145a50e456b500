//! The layer: one set of places for all the services it makes.

use tower::Layer;

use super::{Bulkhead, BulkheadBuilder, BulkheadHandle, NoQueue, places::Places};
use crate::{Name, finish::Release, pooled::Pooled};

/// Wraps services in a [`Bulkhead`].
///
/// Services made by one layer, and their clones, share its places.
#[derive(Clone, Debug)]
#[must_use]
pub struct BulkheadLayer<Q = NoQueue, F = Release> {
    places: Pooled<Places>,
    queue: Q,
    finish: F,
}

impl BulkheadLayer {
    /// Lets at most `max_concurrent` calls be in flight and rejects the others at once; 0 rejects all.
    pub fn new(max_concurrent: usize) -> Self {
        Self::assemble(Name::of("bulkhead"), max_concurrent, NoQueue, Release)
    }

    /// Starts to build a bulkhead with at most `max_concurrent` calls in flight; 0 rejects all.
    pub const fn builder(max_concurrent: usize) -> BulkheadBuilder {
        BulkheadBuilder::new(max_concurrent)
    }
}

impl<Q, F> BulkheadLayer<Q, F> {
    pub(super) fn assemble(name: Name, max_concurrent: usize, queue: Q, finish: F) -> Self {
        Self { places: Pooled::new(Places::new(max_concurrent, name)), queue, finish }
    }

    /// A handle to look at the bulkhead and to resize it.
    pub fn handle(&self) -> BulkheadHandle {
        BulkheadHandle::new(self.places.clone())
    }
}

/// What makes places for each key of it.
impl<Q, F> BulkheadLayer<Q, F> {
    /// Lets all calls pass from now on, and tells nobody.
    pub(crate) fn protect_nothing(&self) {
        self.places.permits.resize(usize::MAX);
    }

    /// Places for a key, as many as these were built with.
    pub(crate) fn of_a_key(&self) -> BulkheadHandle {
        BulkheadHandle::new(Pooled::new(self.places.of_a_key()))
    }

    /// Wraps a service, for one call.
    #[inline(always)]
    pub(crate) fn over<S>(&self, inner: S, places: BulkheadHandle) -> Bulkhead<S, Q, F>
    where
        Q: Clone,
        F: Clone,
    {
        Bulkhead::new(inner, places.into_places(), self.queue.clone(), self.finish.clone())
    }
}

impl<S, Q: Clone, F: Clone> Layer<S> for BulkheadLayer<Q, F> {
    type Service = Bulkhead<S, Q, F>;

    fn layer(&self, inner: S) -> Self::Service {
        Bulkhead::new(inner, self.places.clone(), self.queue.clone(), self.finish.clone())
    }
}
