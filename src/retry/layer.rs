//! The layer: one budget for all the services it makes.

use std::borrow::Cow;

use tower::Layer;

use super::{Budget, Retry, RetryBuilder, Rules};
use crate::{
    event::{self, Event},
    name::Name,
    pooled::{Pooled, pool},
    source::{Kind, Source},
    state::attempts::Attempts,
};

/// What all services of a layer share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) name: Name,
    pub(super) attempts: Attempts,
    pub(super) budget: Option<Budget>,
    pub(super) retries_rejected: bool,
}

pool!(Shared);

impl Shared {
    /// Tells an event of this instance.
    pub(super) fn tell(&self, event: &Event<'_>) {
        event::tell(Source::new(Kind::Retry, self.name), event);
    }
}

/// Wraps services in a [`Retry`].
///
/// Services made by one layer, and their clones, share one budget.
#[derive(Clone, Debug)]
#[must_use]
pub struct RetryLayer<R = Rules> {
    shared: Pooled<Shared>,
    rules: R,
}

impl RetryLayer {
    /// Starts to build a retry. Events show its name, of 1 to 64 bytes.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> RetryBuilder {
        RetryBuilder::new(name.into())
    }
}

impl<R> RetryLayer<R> {
    pub(super) fn new(shared: Shared, rules: R) -> Self {
        Self { shared: Pooled::new(shared), rules }
    }

    /// The budget it spends from, if it has one.
    pub fn budget(&self) -> Option<Budget> {
        self.shared.budget.clone()
    }
}

impl<S, R: Clone> Layer<S> for RetryLayer<R> {
    type Service = Retry<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Retry::new(inner, self.shared.clone(), self.rules.clone())
    }
}
