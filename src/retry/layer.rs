//! The layer: one budget for all the services it makes.

use tower::Layer;

use super::rules::{Core, Rules};
use super::service::Retry;
use crate::cached_arc::CachedArc;
use crate::call::budget::Budget;

/// Wraps services in a [`Retry`].
///
/// Services made by one layer, and their clones, share one budget.
#[derive(Clone, Debug)]
#[must_use]
pub struct RetryLayer<R = Rules> {
    core: CachedArc<Core>,
    rules: R,
}

impl<R> RetryLayer<R> {
    pub(super) fn new(core: Core, rules: R) -> Self {
        Self { core: CachedArc::new(core), rules }
    }

    /// Returns the budget that its retries spend from, if they are under one.
    pub fn budget(&self) -> Option<Budget> {
        self.core.budget.clone()
    }
}

impl<S, R: Clone> Layer<S> for RetryLayer<R> {
    type Service = Retry<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Retry::new(inner, self.core.clone(), self.rules.clone())
    }
}
