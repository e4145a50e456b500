//! What stands around each attempt: circuit breaker > throttle > bulkhead > attempt timeout > deadline sent.

use std::time::Duration;

use tower::layer::util::Identity;

use super::layer::StandardLayer;
use super::part::{Built, BuiltCircuitBreaker, Part};
use crate::bulkhead::BulkheadLayer;
use crate::call::AdmissionLayer;
use crate::circuit_breaker::CircuitBreakerBuilder;
use crate::error::ConfigError;
use crate::timeout::TimeoutLayer;

impl<E: Clone, W, R, C, H, B, L, O> StandardLayer<E, W, R, (C, H, B, L, O)> {
    /// Lets at most this many attempts be in flight, and rejects the others at once; 0 rejects all.
    ///
    /// Its name is that of the stack. For a bulkhead in which calls may wait, put a [`QueueLayer`](crate::QueueLayer) around the
    /// stack. Defaults to no limit, and in a server to the limit that it was made with.
    pub fn bulkhead(self, max_concurrent: usize) -> StandardLayer<E, W, R, (C, H, BulkheadLayer<E>, L, O)> {
        let bulkhead = BulkheadLayer::named(max_concurrent, self.name, self.end.clone(), &self.registry);
        self.map_attempt(|(circuit, throttle, _, limit, sent)| (circuit, throttle, bulkhead, limit, sent))
    }

    /// Limits each attempt.
    ///
    /// Make it shorter than the deadlines of your callers. With HTTP and gRPC it lasts until the response has ended. Defaults to 10
    /// seconds, and in a server to none.
    pub fn attempt_timeout(self, limit: Duration) -> StandardLayer<E, W, R, (C, H, B, TimeoutLayer<Duration, E>, O)> {
        let limit = self.timeout(limit);
        self.map_attempt(|(circuit, throttle, bulkhead, _, sent)| (circuit, throttle, bulkhead, limit, sent))
    }

    /// Lets an attempt take as long as the whole call. Defaults to an attempt timeout.
    pub fn without_attempt_timeout(self) -> StandardLayer<E, W, R, (C, H, B, Identity, O)> {
        self.map_attempt(|(circuit, throttle, bulkhead, _, sent)| (circuit, throttle, bulkhead, Identity::new(), sent))
    }

    /// Sends every attempt, however the service does. Defaults to a circuit breaker.
    pub fn without_circuit_breaker(self) -> StandardLayer<E, W, R, (Identity, H, B, L, O)> {
        self.map_attempt(|(_, throttle, bulkhead, limit, sent)| (Identity::new(), throttle, bulkhead, limit, sent))
    }
}

impl<E, W, R, C, H, B, L, O> StandardLayer<E, W, R, (BuiltCircuitBreaker<C>, H, B, L, O)> {
    /// Changes the circuit breaker by the setters of its [builder](CircuitBreakerBuilder).
    ///
    /// The circuit is a new one. Defaults to [the settings of a circuit breaker](crate::circuit_breaker#settings).
    ///
    /// # Errors
    ///
    /// When a setting is not legal. The error names the setting, its value, and what would be legal.
    pub fn circuit_breaker<D: Clone>(
        self,
        change: impl FnOnce(CircuitBreakerBuilder<C>) -> CircuitBreakerBuilder<D>,
    ) -> Result<StandardLayer<E, W, R, (BuiltCircuitBreaker<D>, H, B, L, O)>, ConfigError> {
        let Self { name, end, whole, retry, attempt, registry } = self;
        let (Built { builder, .. }, throttle, bulkhead, limit, sent) = attempt;
        let attempt = (BuiltCircuitBreaker::build(change(builder))?, throttle, bulkhead, limit, sent);
        Ok(StandardLayer { name, end, whole, retry, attempt, registry })
    }
}

impl<E, W, R, C, H, B, L, O> StandardLayer<E, W, R, (C, H, B, L, O)> {
    /// Sends about as many attempts as the service takes.
    ///
    /// `throttle` is a [`ThrottleLayer`](crate::ThrottleLayer), or one [per key](crate::call::Builder::per_key). With HTTP and gRPC take
    /// one of their constructors. Defaults to none.
    pub fn throttle<T, G>(
        self,
        throttle: AdmissionLayer<T, G>,
    ) -> StandardLayer<E, W, R, (C, AdmissionLayer<T, G>, B, L, O)>
    where
        AdmissionLayer<T, G>: Part,
    {
        self.map_attempt(|(circuit, _, bulkhead, limit, sent)| (circuit, throttle, bulkhead, limit, sent))
    }
}
