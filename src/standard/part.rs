//! What stands in a place of the stack.

use std::time::Duration;

use tower::Layer;
use tower::layer::util::Identity;

use crate::bulkhead::BulkheadLayer;
use crate::call::budget::Budget;
use crate::call::{AdmissionLayer, Handled};
use crate::circuit_breaker::{CircuitBreakerBuilder, CircuitBreakerLayer, CircuitHandle};
use crate::error::ConfigError;
use crate::fallback::{FallbackHandle, FallbackLayer};
use crate::hedge::{HedgeHandle, HedgeLayer};
use crate::keyed::PerKey;
use crate::rate_limit::{Quota, RateLimitHandle};
use crate::registry::Registry;
use crate::retry::{RetryBuilder, RetryLayer, SharedBudget};
use crate::setting::Setting;
use crate::throttle::{ThrottleLayer, Throttling};
use crate::timeout::TimeoutLayer;

/// What stands in a place of a [`StandardLayer`](super::StandardLayer): one of the crate's layers, or [`Identity`] for none.
pub trait Part {
    /// The settings of the layer; `None` if the place is empty.
    fn settings(&self) -> Option<Vec<Setting>>;

    /// The same layer, listed in this registry. What it counted begins anew.
    #[must_use]
    fn listed_in(self, registry: &Registry) -> Self
    where
        Self: Sized,
    {
        let _: &Registry = registry;
        self
    }
}

impl Part for Identity {
    fn settings(&self) -> Option<Vec<Setting>> {
        None
    }
}

/// What is switched off has no handle.
impl Handled for Identity {
    type Handle = ();

    fn handle(&self) {}
}

impl<F, T, M> Part for FallbackLayer<F, T, M> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(Vec::new())
    }

    fn listed_in(self, registry: &Registry) -> Self {
        self.registry(registry)
    }
}

impl<F, T, M> Handled for FallbackLayer<F, T, M> {
    type Handle = FallbackHandle;

    fn handle(&self) -> FallbackHandle {
        self.handle()
    }
}

impl<E, R> Part for TimeoutLayer<Duration, E, R> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(self.settings())
    }

    fn listed_in(self, registry: &Registry) -> Self {
        self.registry(registry)
    }
}

impl<E> Part for BulkheadLayer<E> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(vec![Setting::new("max_concurrent", self.handle().limit())])
    }

    fn listed_in(self, registry: &Registry) -> Self {
        let handle = self.handle();
        Self::named(handle.limit(), handle.name(), self.end, registry)
    }
}

impl<N, E, W, Y> Part for AdmissionLayer<Quota<N, W>, E, Y> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(of_rate(&self.handle()))
    }
}

impl<K, By, N: Clone, E, W: Clone, Y> Part for AdmissionLayer<PerKey<K, By, Quota<N, W>>, E, Y> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(of_rate(self.handle().model()))
    }
}

fn of_rate(limit: &RateLimitHandle) -> Vec<Setting> {
    let limit = limit.snapshot();
    vec![Setting::new("rate", limit.rate.to_string()), Setting::new("burst", limit.burst)]
}

impl<A: Handled, E, W> Handled for AdmissionLayer<A, E, W> {
    type Handle = A::Handle;

    fn handle(&self) -> A::Handle {
        self.admit.handle()
    }
}

impl<E> Part for ThrottleLayer<E> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(self.handle().settings())
    }
}

impl<K, By, E> Part for AdmissionLayer<PerKey<K, By, Throttling>, E> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(self.handle().model().settings())
    }
}

impl<R> Part for HedgeLayer<R> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(self.handle().settings())
    }
}

impl<R> Handled for HedgeLayer<R> {
    type Handle = HedgeHandle;

    fn handle(&self) -> HedgeHandle {
        self.handle()
    }
}

const BUILT: &str = "it was built of the same settings";

/// A layer, and the builder that it was built by, so that a setting can be changed later.
#[derive(Clone, Debug)]
pub struct Built<B, L> {
    pub(super) builder: B,
    layer: L,
}

/// A retry, and its builder.
pub type BuiltRetry<R, B = SharedBudget> = Built<RetryBuilder<R, B>, RetryLayer<R, B>>;

/// A circuit breaker, and its builder.
pub type BuiltCircuitBreaker<E> = Built<CircuitBreakerBuilder<E>, CircuitBreakerLayer<E>>;

impl<R: Clone, B: Clone> BuiltRetry<R, B> {
    pub(super) fn build(builder: RetryBuilder<R, B>) -> Result<Self, ConfigError> {
        Ok(Self { layer: builder.clone().build()?, builder })
    }
}

impl<E: Clone> BuiltCircuitBreaker<E> {
    pub(super) fn build(builder: CircuitBreakerBuilder<E>) -> Result<Self, ConfigError> {
        Ok(Self { layer: builder.clone().build()?, builder })
    }
}

impl<S, B, L: Layer<S>> Layer<S> for Built<B, L> {
    type Service = L::Service;

    fn layer(&self, inner: S) -> L::Service {
        self.layer.layer(inner)
    }
}

impl<R: Clone, B: Clone> Part for BuiltRetry<R, B> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(self.builder.settings())
    }

    fn listed_in(self, registry: &Registry) -> Self {
        Self::build(self.builder.registry(registry)).expect(BUILT)
    }
}

impl<R, B> Handled for BuiltRetry<R, B> {
    type Handle = Option<Budget>;

    fn handle(&self) -> Option<Budget> {
        self.layer.budget()
    }
}

impl<E: Clone> Part for BuiltCircuitBreaker<E> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(self.builder.settings.list())
    }

    fn listed_in(self, registry: &Registry) -> Self {
        Self::build(self.builder.registry(registry)).expect(BUILT)
    }
}

impl<E> Handled for BuiltCircuitBreaker<E> {
    type Handle = CircuitHandle;

    fn handle(&self) -> CircuitHandle {
        self.layer.handle()
    }
}
