//! tower's own layers. There is no breaker among them, and no fallback; the retry is a trait, with the policy and the budget
//! that its page shows.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use tower::hedge::Hedge;
use tower::load_shed::error::Overloaded;
use tower::retry::Policy;
use tower::retry::budget::{Budget as _, TpsBudget};
use tower::{BoxError, Service, ServiceBuilder, service_fn};

use super::{ATTEMPTS, LIMIT, PLACES, QUANTILE, TOTAL_LIMIT, WINDOW};
use crate::measure::{Contender, answered, contender, single};
use crate::rows::{After, Budget, Failure, First, Path, Through};
use crate::{http, inner};

pub fn contend(path: Path) -> Option<Contender> {
    Some(match path {
        Path::Room | Path::Found => contender(bulkhead(PLACES).service_fn(inner::answer), answered),
        Path::Full => contender(bulkhead(0).service_fn(inner::answer), rejected),
        Path::Ready => contender(ServiceBuilder::new().timeout(LIMIT).service_fn(inner::answer), answered),
        Path::PendingOnce => contender(ServiceBuilder::new().timeout(LIMIT).service_fn(inner::pending_once), answered),
        Path::Unneeded(budget) => {
            contender(ServiceBuilder::new().retry(Attempts::new(budget)).service_fn(inner::fallible), answered)
        }
        Path::OneFailure(budget, Failure::Error) => {
            contender(ServiceBuilder::new().retry(Attempts::new(budget)).service_fn(inner::flaky), answered)
        }
        Path::OneFailure(budget, Failure::Sized) => {
            contender(ServiceBuilder::new().retry(Attempts::new(budget)).service_fn(inner::flaky_sized), answered)
        }
        Path::Hedged(After::Quantile, First::Ready) => single(hedge(service_fn(inner::answer)), answered),
        Path::Hedged(After::Quantile, First::PendingOnce) => single(hedge(service_fn(inner::pending_once)), answered),
        Path::Five => four(),
        Path::Http(Through::Timeout, ask) => {
            http::calls(ServiceBuilder::new().timeout(LIMIT).service_fn(http::echo), ask)
        }
        Path::Http(Through::Bulkhead, ask) => http::calls(bulkhead(PLACES).service_fn(http::echo), ask),
        Path::Http(Through::Retry, ask) => {
            http::calls(ServiceBuilder::new().retry(Attempts::new(Budget::On)).service_fn(http::echo), ask)
        }
        Path::Http(Through::Five, ask) => {
            let service = ServiceBuilder::new()
                .timeout(TOTAL_LIMIT)
                .retry(Attempts::new(Budget::On))
                .concurrency_limit(PLACES)
                .timeout(LIMIT)
                .service_fn(http::echo);
            http::calls(service, ask)
        }
        _ => return None,
    })
}

type Shedding<L> = ServiceBuilder<
    tower::layer::util::Stack<
        tower::limit::ConcurrencyLimitLayer,
        tower::layer::util::Stack<tower::load_shed::LoadShedLayer, L>,
    >,
>;

fn bulkhead(places: usize) -> Shedding<tower::layer::util::Identity> {
    ServiceBuilder::new().load_shed().concurrency_limit(places)
}

fn rejected(_: u64, result: &Result<u64, BoxError>) -> bool {
    matches!(result, Err(error) if error.is::<Overloaded>())
}

fn four() -> Contender {
    let service = ServiceBuilder::new()
        .timeout(TOTAL_LIMIT)
        .retry(Attempts::new(Budget::On))
        .load_shed()
        .concurrency_limit(PLACES)
        .service_fn(inner::answer);
    contender(service, answered)
}

/// It knows some latencies to begin with, of a second each: those that it counts are read a window later.
fn hedge<S>(service: S) -> Hedge<S, Hedged>
where
    S: Service<u64, Error: Into<BoxError>> + Clone,
{
    Hedge::new_with_mock_latencies(service, Hedged, 20, QUANTILE, WINDOW, &[1_000; 20])
}

/// Hedges every call.
#[derive(Clone)]
pub struct Hedged;

impl<Request: Clone> tower::hedge::Policy<Request> for Hedged {
    fn clone_request(&self, request: &Request) -> Option<Request> {
        Some(request.clone())
    }

    fn can_retry(&self, _: &Request) -> bool {
        true
    }
}

#[derive(Clone)]
struct Attempts {
    left: u32,
    budget: Option<Arc<TpsBudget>>,
}

impl Attempts {
    fn new(budget: Budget) -> Self {
        let budget = match budget {
            Budget::On => Some(Arc::new(TpsBudget::new(Duration::from_secs(10), 10, 1.0))),
            Budget::Off => None,
        };
        Self { left: ATTEMPTS - 1, budget }
    }

    fn withdraw(&self) -> bool {
        self.budget.as_ref().is_none_or(|budget| budget.withdraw())
    }
}

impl<Request: Clone, Response, E> Policy<Request, Response, E> for Attempts {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Request, result: &mut Result<Response, E>) -> Option<Self::Future> {
        if result.is_ok() {
            if let Some(budget) = &self.budget {
                budget.deposit();
            }
            return None;
        }
        if self.left == 0 || !self.withdraw() {
            return None;
        }
        self.left -= 1;
        Some(ready(()))
    }

    fn clone_request(&mut self, request: &Request) -> Option<Request> {
        Some(request.clone())
    }
}
