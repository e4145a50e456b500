//! What stands around each attempt: hedge > circuit breaker > throttle > bulkhead > attempt timeout > deadline sent.

use std::time::Duration;

use tower::layer::util::Identity;

use super::layer::StandardLayer;
use super::part::{Built, BuiltCircuitBreaker, Part};
use crate::bulkhead::BulkheadLayer;
use crate::call::AdmissionLayer;
use crate::circuit_breaker::CircuitBreakerBuilder;
use crate::error::ConfigError;
use crate::hedge::HedgeLayer;
use crate::timeout::TimeoutLayer;

impl<E: Clone, W, R, G, C, H, B, L, O> StandardLayer<E, W, R, (G, C, H, B, L, O)> {
    /// Lets at most this many attempts be in flight, and rejects the others at once; 0 rejects all.
    ///
    /// Its name is that of the stack. For a bulkhead in which calls may wait, put a [`QueueLayer`](crate::QueueLayer) around the
    /// stack. Defaults to no limit, and in a server to the limit that it was made with.
    pub fn bulkhead(self, max_concurrent: usize) -> StandardLayer<E, W, R, (G, C, H, BulkheadLayer<E>, L, O)> {
        let bulkhead = BulkheadLayer::named(max_concurrent, self.name, self.end.clone(), &self.registry);
        self.map_attempt(|(hedge, circuit, throttle, _, limit, sent)| (hedge, circuit, throttle, bulkhead, limit, sent))
    }

    /// Limits each attempt.
    ///
    /// Make it shorter than the deadlines of your callers. With HTTP and gRPC it lasts until the response has ended. Defaults to 10
    /// seconds, and in a server to none.
    pub fn attempt_timeout(
        self,
        limit: Duration,
    ) -> StandardLayer<E, W, R, (G, C, H, B, TimeoutLayer<Duration, E>, O)> {
        let limit = self.timeout(limit);
        self.map_attempt(|(hedge, circuit, throttle, bulkhead, _, sent)| {
            (hedge, circuit, throttle, bulkhead, limit, sent)
        })
    }

    /// Lets an attempt take as long as the whole call. Defaults to an attempt timeout.
    pub fn without_attempt_timeout(self) -> StandardLayer<E, W, R, (G, C, H, B, Identity, O)> {
        self.map_attempt(|(hedge, circuit, throttle, bulkhead, _, sent)| {
            (hedge, circuit, throttle, bulkhead, Identity::new(), sent)
        })
    }

    /// Sends every attempt, however the service does. Defaults to a circuit breaker.
    pub fn without_circuit_breaker(self) -> StandardLayer<E, W, R, (G, Identity, H, B, L, O)> {
        self.map_attempt(|(hedge, _, throttle, bulkhead, limit, sent)| {
            (hedge, Identity::new(), throttle, bulkhead, limit, sent)
        })
    }
}

impl<E, W, R, G, C, H, B, L, O> StandardLayer<E, W, R, (G, BuiltCircuitBreaker<C>, H, B, L, O)> {
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
    ) -> Result<StandardLayer<E, W, R, (G, BuiltCircuitBreaker<D>, H, B, L, O)>, ConfigError> {
        let Self { name, end, whole, retry, attempt, registry } = self;
        let (hedge, Built { builder, .. }, throttle, bulkhead, limit, sent) = attempt;
        let attempt = (hedge, BuiltCircuitBreaker::build(change(builder))?, throttle, bulkhead, limit, sent);
        Ok(StandardLayer { name, end, whole, retry, attempt, registry })
    }
}

impl<E, W, R, G, C, H, B, L, O> StandardLayer<E, W, R, (G, C, H, B, L, O)> {
    /// Sends an attempt a second time when it takes too long, or at once when it failed for a reason that may pass.
    ///
    /// `hedge` is a [`HedgeLayer`]. With HTTP and gRPC take one of its constructors. It and the retry may have one budget, which then
    /// bounds what both send. A call brings the share of that budget twice, so give it half the `ratio`. Defaults to none.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::{Budget, HedgeLayer};
    ///
    /// # fn main() -> Result<(), palisade::ConfigError> {
    /// let budget = Budget::builder().ratio(0.1).build()?;
    /// let stack = palisade::standard("search")?
    ///     .retry(|retry| retry.budget(budget.clone()))?
    ///     .hedge(HedgeLayer::builder("search").budget(budget).build()?);
    /// # drop(stack);
    /// # Ok(())
    /// # }
    /// ```
    pub fn hedge<K>(self, hedge: HedgeLayer<K>) -> StandardLayer<E, W, R, (HedgeLayer<K>, C, H, B, L, O)> {
        self.map_attempt(|(_, circuit, throttle, bulkhead, limit, sent)| {
            (hedge, circuit, throttle, bulkhead, limit, sent)
        })
    }

    /// Sends about as many attempts as the service takes.
    ///
    /// `throttle` is a [`ThrottleLayer`](crate::ThrottleLayer), or one [per key](crate::call::Builder::per_key). With HTTP and gRPC take
    /// one of their constructors. Defaults to none.
    pub fn throttle<T, F>(
        self,
        throttle: AdmissionLayer<T, F>,
    ) -> StandardLayer<E, W, R, (G, C, AdmissionLayer<T, F>, B, L, O)>
    where
        AdmissionLayer<T, F>: Part,
    {
        self.map_attempt(|(hedge, circuit, _, bulkhead, limit, sent)| (hedge, circuit, throttle, bulkhead, limit, sent))
    }
}
