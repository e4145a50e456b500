//! The layer: one budget for all the services it makes.

use std::borrow::Cow;

use tower::Layer;

use super::{
    builder::RetryBuilder,
    rules::{Core, Rules},
    service::Retry,
};
use crate::{call::budget::Budget, pooled::Pooled};

/// Wraps services in a [`Retry`].
///
/// Services made by one layer, and their clones, share one budget.
#[derive(Clone, Debug)]
#[must_use]
pub struct RetryLayer<R = Rules> {
    core: Pooled<Core>,
    rules: R,
}

impl RetryLayer {
    /// Starts to build a retry. Events show its name, of 1 to 64 bytes.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> RetryBuilder {
        RetryBuilder::new(name.into())
    }
}

impl<R> RetryLayer<R> {
    pub(super) fn new(core: Core, rules: R) -> Self {
        Self { core: Pooled::new(core), rules }
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
