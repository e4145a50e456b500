//! What a retry asks before it sends a request again.

use crate::cached_arc::cached;
use crate::call;
use crate::call::budget::Budget;
use crate::call::copies::AsIs;
use crate::debug::debug_by_type;
use crate::error::Error;
use crate::objective::BudgetGate;
use crate::outcome::DefaultClassifier;
#[cfg(feature = "serde")]
use crate::registry::Keep;
use crate::registry::{Listed, Row, Sums};
use crate::setting::{Setting, Value};
use crate::state::attempts::{Attempts, Ended};

/// What a retry decides by: a classifier, how it keeps requests and responses, and a last word.
///
/// Made by the setters of a [`RetryBuilder`](super::RetryBuilder).
#[derive(Clone, Copy, Default)]
pub struct Rules<C = DefaultClassifier, K = AsIs, P = Always> {
    pub(crate) classifier: C,
    pub(crate) keep: K,
    pub(crate) retry_if: P,
}

debug_by_type! { Rules<C, K, P> }

/// What all services of a layer share, beside their rules.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) row: &'static Row,
    pub(super) attempts: Attempts,
    pub(super) budget: Option<Budget>,
    pub(super) gate: Option<BudgetGate>,
    pub(super) retries_rejected: bool,
}

cached!(Core);

/// A call that has not ended yet.
pub(super) type Running = call::Running<Core, { Ended::Abandoned as usize }>;

impl Listed for Core {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        list(&self.attempts, self.budget.as_ref().map(Budget::to_string), self.gate.is_some(), self.retries_rejected)
    }

    fn snapshot(&self) -> Vec<Setting> {
        vec![Setting::new("tokens", self.budget.as_ref().map(|budget| Value::Count(budget.available())))]
    }

    fn gauges(&self, sums: &mut Sums) {
        let gauges = sums.of(self.row);
        if let Some(budget) = &self.budget {
            gauges.add_shared("tokens", budget.address(), budget.available());
        }
    }

    #[cfg(feature = "serde")]
    fn keep(&self) -> Option<&dyn Keep> {
        self.budget.as_ref().map(|budget| budget as _)
    }
}

/// The settings of a retry, by the names of their setters.
pub(super) fn list(
    attempts: &Attempts,
    budget: impl Into<Value>,
    is_gated: bool,
    retries_rejected: bool,
) -> Vec<Setting> {
    vec![
        Setting::new("max_attempts", attempts.max()),
        Setting::new("backoff", attempts.backoff()),
        Setting::new("max_retry_after", Value::Time(attempts.longest_pause().into())),
        Setting::new("budget", budget),
        Setting::new("budget_gate", is_gated),
        Setting::new("retry_rejected", retries_rejected),
    ]
}

/// Has the last word on a retry. Implemented by every `Fn(&Request, Result<&Response, &Error>) -> bool`.
pub trait RetryIf<Request, Response> {
    /// Returns whether this request may be sent again after this result.
    fn allows(&self, kept: &Request, result: Result<&Response, &Error>) -> bool;
}

impl<Request, Response, F> RetryIf<Request, Response> for F
where
    F: Fn(&Request, Result<&Response, &Error>) -> bool,
{
    fn allows(&self, kept: &Request, result: Result<&Response, &Error>) -> bool {
        self(kept, result)
    }
}

/// Allows every retry.
#[derive(Clone, Copy, Debug, Default)]
pub struct Always;

impl<Request, Response> RetryIf<Request, Response> for Always {
    fn allows(&self, _: &Request, _: Result<&Response, &Error>) -> bool {
        true
    }
}
