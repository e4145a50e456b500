//! What stands in a place of the stack.

use std::time::Duration;

use tower::Layer;
use tower::layer::util::Identity;

use crate::bulkhead::BulkheadLayer;
use crate::call::budget::Budget;
use crate::call::{AdmissionLayer, Handled};
use crate::circuit_breaker::{CircuitBreakerBuilder, CircuitBreakerLayer, CircuitHandle};
use crate::error::ConfigError;
use crate::fallback::FallbackLayer;
use crate::keyed::PerKey;
use crate::rate_limit::{Quota, RateLimitHandle};
use crate::retry::{RetryBuilder, RetryLayer, SharedBudget};
use crate::setting::Setting;
use crate::timeout::TimeoutLayer;

/// What stands in a place of a [`StandardLayer`](super::StandardLayer): one of the crate's layers, or [`Identity`] for none.
pub trait Part {
    /// The settings of the layer; `None` if the place is empty.
    fn settings(&self) -> Option<Vec<Setting>>;
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

impl<F, T> Part for FallbackLayer<F, T> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(Vec::new())
    }
}

impl<E, R> Part for TimeoutLayer<Duration, E, R> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(self.settings())
    }
}

impl<E> Part for BulkheadLayer<E> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(vec![Setting::new("max_concurrent", self.handle().limit())])
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

impl<R, B> Part for BuiltRetry<R, B> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(self.builder.settings())
    }
}

impl<R, B> Handled for BuiltRetry<R, B> {
    type Handle = Option<Budget>;

    fn handle(&self) -> Option<Budget> {
        self.layer.budget()
    }
}

impl<E> Part for BuiltCircuitBreaker<E> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(self.builder.settings.list())
    }
}

impl<E> Handled for BuiltCircuitBreaker<E> {
    type Handle = CircuitHandle;

    fn handle(&self) -> CircuitHandle {
        self.layer.handle()
    }
}
