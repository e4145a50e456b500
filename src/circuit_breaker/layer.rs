//! The layer: one circuit for all the services it makes.

use std::borrow::Cow;

use tower::Layer;

use super::{CircuitBreaker, CircuitBreakerBuilder, CircuitHandle, Settle, breaker::Breaker};
use crate::{
    DefaultClassifier, Name,
    pooled::Pooled,
    time::{Clock, Nanos},
};

/// Wraps services in a [`CircuitBreaker`].
///
/// Services made by one layer, and their clones, share one circuit.
#[derive(Clone, Debug)]
#[must_use]
pub struct CircuitBreakerLayer<F = Settle<DefaultClassifier>> {
    breaker: Pooled<Breaker>,
    finish: F,
}

impl CircuitBreakerLayer {
    /// Starts to build a circuit breaker with a name of 1 to 64 bytes, which errors and events show.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> CircuitBreakerBuilder {
        CircuitBreakerBuilder::new(name.into())
    }

    /// The simple breaker of the textbooks: opens at `failures` in a row, and closes when one probe succeeds.
    ///
    /// With 0, as with 1, it opens at the first failure. Its name is `circuit_breaker`; the rest of its settings are the
    /// builder's defaults, but that it has no other rule and 1 probe.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::{CircuitBreakerLayer, Phase};
    ///
    /// let circuit = CircuitBreakerLayer::consecutive(2).handle();
    /// for _ in 0..2 {
    ///     assert_eq!(circuit.phase(), Phase::Closed);
    ///     circuit.try_enter().map(|call| call.failure()).ok();
    /// }
    /// assert_eq!(circuit.phase(), Phase::Open);
    /// ```
    pub fn consecutive(failures: u32) -> Self {
        CircuitBreakerBuilder::textbook(failures).assemble(Name::of("circuit_breaker"))
    }
}

impl<F> CircuitBreakerLayer<F> {
    pub(super) fn new(breaker: Breaker, finish: F) -> Self {
        Self { breaker: Pooled::new(breaker), finish }
    }

    /// A handle to look at the circuit and to steer it.
    pub fn handle(&self) -> CircuitHandle {
        CircuitHandle::new(self.breaker.clone())
    }
}

/// What makes one circuit a key of it.
impl<F> CircuitBreakerLayer<F> {
    pub(crate) fn protect_nothing(&self) {
        self.breaker.protect_nothing();
    }

    /// A circuit for a key, with the settings of this one.
    pub(crate) fn of_a_key(&self, clock: Clock, now: Nanos) -> CircuitHandle {
        CircuitHandle::new(Pooled::new(self.breaker.of_a_key(clock, now)))
    }

    /// Wraps a service that is ready, for one call.
    #[inline(always)]
    pub(crate) fn over_ready<S>(&self, inner: S, circuit: CircuitHandle) -> CircuitBreaker<S, F>
    where
        F: Clone,
    {
        CircuitBreaker::over_ready(inner, circuit.into_breaker(), self.finish.clone())
    }
}

impl<S, F: Clone> Layer<S> for CircuitBreakerLayer<F> {
    type Service = CircuitBreaker<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        CircuitBreaker::new(inner, self.breaker.clone(), self.finish.clone())
    }
}
