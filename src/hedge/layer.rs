//! The layer: one budget and one delay for all the services it makes.

use std::time::Duration;

use tower::Layer;

use super::rules::{Core, Rules};
use super::service::Hedge;
use crate::cached_arc::CachedArc;
use crate::call::budget::Budget;
use crate::registry::{Listed, Listing};
use crate::setting::Setting;
use crate::sync::weak;

/// Wraps services in a [`Hedge`].
///
/// Services made by one layer, and their clones, share one budget, and what is known of latencies.
#[derive(Clone, Debug)]
#[must_use]
pub struct HedgeLayer<R = Rules> {
    core: CachedArc<Core>,
    rules: R,
}

impl<R> HedgeLayer<R> {
    pub(super) fn new(core: Core, listing: &Listing, rules: R) -> Self {
        let core = CachedArc::new(core);
        listing.list(weak(core.shared()));
        Self { core, rules }
    }

    /// Returns the handle of the layer.
    pub fn handle(&self) -> HedgeHandle {
        HedgeHandle { core: self.core.clone() }
    }
}

impl<S, R: Clone> Layer<S> for HedgeLayer<R> {
    type Service = Hedge<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Hedge::new(inner, self.core.clone(), self.rules.clone())
    }
}

/// Looks at a hedge, from anywhere.
#[derive(Clone, Debug)]
pub struct HedgeHandle {
    core: CachedArc<Core>,
}

impl HedgeHandle {
    /// How long a first attempt may take now until a second one starts; `None` while too few latencies are known, or too long ones.
    pub fn delay(&self) -> Option<Duration> {
        self.core.delay.at(self.core.clock.now()).map(Duration::from)
    }

    /// The budget that hedges spend.
    pub fn budget(&self) -> Budget {
        self.core.budget.clone()
    }

    pub(crate) fn settings(&self) -> Vec<Setting> {
        self.core.settings()
    }
}
