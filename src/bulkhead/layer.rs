//! The layer: one set of places for all the services it makes.

use tower::Layer;

use super::{Bulkhead, BulkheadBuilder, BulkheadHandle, NoQueue, places::Places};
use crate::{Name, finish::Release, pooled::Pooled, state::permits::Permits};

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
        let permits = Permits::new(max_concurrent);
        Self { places: Pooled::new(Places { permits, name }), queue, finish }
    }

    /// A handle to look at the bulkhead and to resize it.
    pub fn handle(&self) -> BulkheadHandle {
        BulkheadHandle::new(self.places.clone())
    }
}

impl<S, Q: Clone, F: Clone> Layer<S> for BulkheadLayer<Q, F> {
    type Service = Bulkhead<S, Q, F>;

    fn layer(&self, inner: S) -> Self::Service {
        Bulkhead::new(inner, self.places.clone(), self.queue.clone(), self.finish.clone())
    }
}
