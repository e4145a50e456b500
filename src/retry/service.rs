//! The service: it sends the first attempt, and its future sends the others.

use std::task::{Context, Poll};

use tower::{BoxError, Service};

use super::call::{Call, send};
use super::future::{ResponseFuture, Step};
use super::per_key::{BudgetOf, SharedBudget};
use super::rules::{Core, RetryIf, Rules, Running};
use crate::cached_arc::CachedArc;
use crate::call::copies::{KeepRequest, KeepResponse};
use crate::error::Error;
use crate::outcome::Classify;
use crate::state::criticality::Criticality;

/// Sends a call again when it failed for a reason that may pass.
///
/// Made by a [`RetryLayer`](super::RetryLayer).
#[derive(Clone, Debug)]
pub struct Retry<S, R = Rules, B = SharedBudget> {
    inner: S,
    core: CachedArc<Core>,
    rules: R,
    budgets: B,
}

impl<S, R, B> Retry<S, R, B> {
    pub(super) const fn new(inner: S, core: CachedArc<Core>, rules: R, budgets: B) -> Self {
        Self { inner, core, rules, budgets }
    }
}

impl<S, Request, C, K, P, B> Service<Request> for Retry<S, Rules<C, K, P>, B>
where
    S: Service<K::Sent> + Clone,
    S::Error: Into<BoxError> + 'static,
    C: Classify<S::Response> + Clone,
    K: KeepRequest<Request> + KeepResponse<S::Response> + Clone,
    P: RetryIf<K::Kept, S::Response> + Clone,
    B: BudgetOf<Request>,
{
    type Response = K::Response;
    type Error = Error;
    type Future = ResponseFuture<S, Request, C, K, P>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let own = self.budgets.of(&request);
        if let Some(budget) = own.as_ref().or(self.core.budget.as_ref()) {
            budget.deposit();
        }
        // Read and cloned before the call, which costs fewer instructions than after it.
        let class = Criticality::current();
        let (next, core, rules) = (self.inner.clone(), self.core.clone(), self.rules.clone());
        let keep = &rules.keep;
        let is_sent_once = core.attempts.is_last(0);
        let request = keep.begin(request, is_sent_once);
        let copy = if is_sent_once { None } else { keep.copy(&request) };
        // The instance that was polled ready makes the first attempt.
        let attempt = send(&mut self.inner, keep, request, 1);
        let call = Call::new(next, copy, class, own, Running::new(core), rules);
        ResponseFuture { step: Step::Sent { attempt }, call }
    }
}
