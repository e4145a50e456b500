//! What a hedge asks before it sends a request a second time.

use crate::cached_arc::cached;
use crate::call;
use crate::call::budget::Budget;
use crate::call::copies::AsIs;
use crate::debug::debug_by_type;
use crate::objective::BudgetGate;
use crate::outcome::DefaultClassifier;
#[cfg(feature = "serde")]
use crate::registry::Keep;
use crate::registry::{Listed, Row, Sums};
use crate::setting::{Setting, Value};
use crate::state::hedge::Delay;
use crate::state::hedge::counted::Ended;
use crate::time::Clock;

/// What a hedge decides by: a classifier, how it keeps requests and responses, and which requests it hedges.
///
/// Made by the setters of a [`HedgeBuilder`](super::HedgeBuilder).
#[derive(Clone, Copy, Default)]
pub struct Rules<C = DefaultClassifier, K = AsIs, H = Always> {
    pub(crate) classifier: C,
    pub(crate) keep: K,
    pub(crate) hedge_if: H,
}

debug_by_type! { Rules<C, K, H> }

/// What all services of a layer share, beside their rules.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) row: &'static Row,
    pub(super) delay: Delay,
    pub(super) max_hedges: u32,
    pub(super) budget: Budget,
    pub(super) gate: Option<BudgetGate>,
    pub(super) clock: Clock,
}

cached!(Core);

/// A call that has not ended yet.
pub(super) type Running = call::Running<Core, { Ended::Abandoned as usize }>;

impl Listed for Core {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        let (after, quantile, min_delay) = match &self.delay {
            Delay::Fixed(delay) => (Some(*delay), None, None),
            Delay::Quantile(latencies) => {
                let (quantile, least) = latencies.settings();
                (None, Some(quantile), Some(least))
            }
        };
        vec![
            Setting::new("after", after.map(|delay| Value::Time(delay.into()))),
            Setting::new("after_quantile", quantile),
            Setting::new("min_delay", min_delay.map(|delay| Value::Time(delay.into()))),
            Setting::new("max_hedges", self.max_hedges),
            Setting::new("budget", self.budget.to_string()),
            Setting::new("budget_gate", self.gate.is_some()),
        ]
    }

    fn snapshot(&self) -> Vec<Setting> {
        let delay = self.delay.at(self.clock.now());
        vec![
            Setting::new("delay", delay.map(|delay| Value::Time(delay.into()))),
            Setting::new("tokens", self.budget.available()),
        ]
    }

    fn gauges(&self, sums: &mut Sums) {
        sums.of(self.row).add_shared("tokens", self.budget.address(), self.budget.available());
    }

    #[cfg(feature = "serde")]
    fn keep(&self) -> Option<&dyn Keep> {
        Some(&self.budget)
    }
}

/// Says which requests may be sent a second time while the first is in flight. Implemented by every `Fn(&Request) -> bool`.
pub trait HedgeIf<Request> {
    /// Returns whether this request may be hedged.
    fn allows(&self, request: &Request) -> bool;
}

impl<Request, F: Fn(&Request) -> bool> HedgeIf<Request> for F {
    fn allows(&self, request: &Request) -> bool {
        self(request)
    }
}

/// Allows every request to be hedged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Always;

impl<Request> HedgeIf<Request> for Always {
    fn allows(&self, _: &Request) -> bool {
        true
    }
}
