//! What there can be one of for each key.

#![expect(private_bounds, private_interfaces, unnameable_types, reason = "nobody outside implements or uses it")]

use crate::{
    BulkheadHandle, BulkheadLayer, CircuitBreakerLayer, CircuitHandle, Name,
    state::keys::Retain,
    time::{Clock, Nanos},
};

/// A layer of which each key can have its own: a [`CircuitBreakerLayer`] or a [`BulkheadLayer`].
///
/// The layer itself is the model that those of the keys are made like, and what calls pass through that have none.
pub trait Pattern: sealed::Sealed {
    /// The handle of a key's own.
    type Handle: Retain;

    #[doc(hidden)]
    fn name(&self) -> Name;

    /// Lets all calls pass through the model.
    #[doc(hidden)]
    fn protect_nothing(&self);

    /// The model's own handle.
    #[doc(hidden)]
    fn spare(&self) -> Self::Handle;

    #[doc(hidden)]
    fn of_a_key(&self, clock: Clock, now: Nanos) -> Self::Handle;
}

mod sealed {
    pub trait Sealed {}
}

impl<F> sealed::Sealed for CircuitBreakerLayer<F> {}

impl<Q, F> sealed::Sealed for BulkheadLayer<Q, F> {}

impl<F> Pattern for CircuitBreakerLayer<F> {
    type Handle = CircuitHandle;

    fn name(&self) -> Name {
        self.handle().name()
    }

    fn protect_nothing(&self) {
        self.protect_nothing();
    }

    fn spare(&self) -> CircuitHandle {
        self.handle()
    }

    fn of_a_key(&self, clock: Clock, now: Nanos) -> CircuitHandle {
        self.of_a_key(clock, now).uncounted()
    }
}

impl<Q, F> Pattern for BulkheadLayer<Q, F> {
    type Handle = BulkheadHandle;

    fn name(&self) -> Name {
        self.handle().name()
    }

    fn protect_nothing(&self) {
        self.protect_nothing();
    }

    fn spare(&self) -> BulkheadHandle {
        self.handle()
    }

    fn of_a_key(&self, _: Clock, _: Nanos) -> BulkheadHandle {
        self.of_a_key().uncounted()
    }
}
