//! The layer: one budget for all the services it makes.

use tower::Layer;

use super::per_key::SharedBudget;
use super::rules::{Core, Rules};
use super::service::Retry;
use crate::cached_arc::CachedArc;
use crate::call::budget::Budget;
use crate::registry::Listing;
use crate::sync::weak;

/// Wraps services in a [`Retry`].
///
/// Services made by one layer, and their clones, share one budget, or one for each key.
#[derive(Clone, Debug)]
#[must_use]
pub struct RetryLayer<R = Rules, B = SharedBudget> {
    core: CachedArc<Core>,
    rules: R,
    budgets: B,
}

impl<R, B> RetryLayer<R, B> {
    pub(super) fn new(core: Core, listing: &Listing, rules: R, budgets: B) -> Self {
        let core = CachedArc::new(core);
        listing.list(weak(core.shared()));
        Self { core, rules, budgets }
    }

    /// Returns the budget that all calls share, if there is one.
    ///
    /// With [`budget_per_key`](super::RetryBuilder::budget_per_key), it is the budget of the calls whose key has no room.
    pub fn budget(&self) -> Option<Budget> {
        self.core.budget.clone()
    }
}

impl<S, R: Clone, B: Clone> Layer<S> for RetryLayer<R, B> {
    type Service = Retry<S, R, B>;

    fn layer(&self, inner: S) -> Self::Service {
        Retry::new(inner, self.core.clone(), self.rules.clone(), self.budgets.clone())
    }
}
