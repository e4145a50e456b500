//! What the laws hold for: each layer alone, the five in order, and the five in wrong orders.

use std::time::Duration;

use palisade::{
    Backoff, Budget, BulkheadLayer, CircuitBreakerLayer, Error, FallbackLayer, QueueLayer, RetryLayer, TimeoutLayer,
    fallback::{self, Value},
};
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::{
    inner::Inner,
    remains::{Handles, Tallies},
};

/// The answer of every fallback.
pub(crate) const STALE: u32 = 404;

/// The places of every bulkhead.
pub(crate) const PLACES: usize = 2;

/// The probes of every circuit.
pub(crate) const PROBES: usize = 2;

/// The tokens of every budget; none are gained.
pub(crate) const TOKENS: u64 = 10;

/// The pause before each retry.
pub(crate) const PAUSE: Duration = Duration::from_millis(10);

/// What every stack is.
pub(crate) trait Palisade:
    Service<u32, Response = u32, Error = Error, Future: Send + 'static> + Clone + Send
{
}

impl<S> Palisade for S where S: Service<u32, Response = u32, Error = Error, Future: Send + 'static> + Clone + Send {}

/// A stack over [`Inner`], with all that there is to look at.
#[derive(Debug)]
pub(crate) struct Stack<S> {
    pub(crate) service: S,
    pub(crate) handles: Handles,
}

impl<S: Palisade> Stack<S> {
    /// Readies the service, and calls it.
    pub(crate) async fn call(&mut self, request: u32) -> Result<u32, Error> {
        self.service.ready().await?.call(request).await
    }

    /// Readies a clone of the service, and calls that.
    pub(crate) fn call_clone(&self, request: u32) -> impl Future<Output = Result<u32, Error>> + use<S> {
        self.service.clone().oneshot(request)
    }
}

fn breaker() -> CircuitBreakerLayer {
    CircuitBreakerLayer::builder("circuit").probes(2).open_for(Backoff::none()).build().unwrap()
}

fn retry() -> RetryLayer {
    let budget = Budget::builder().capacity(10).ratio(0.0).per_second(0.0).build().unwrap();
    RetryLayer::builder("retry").backoff(Backoff::constant(PAUSE)).budget(budget).build().unwrap()
}

fn queue() -> QueueLayer {
    BulkheadLayer::builder(PLACES).name("queue").max_wait(Duration::from_secs(5)).build().unwrap()
}

fn places() -> BulkheadLayer {
    BulkheadLayer::new(PLACES)
}

fn limit() -> TimeoutLayer {
    TimeoutLayer::new(Duration::from_secs(10))
}

fn total() -> TimeoutLayer {
    TimeoutLayer::new(Duration::from_secs(20))
}

fn stale() -> FallbackLayer<Value<u32>> {
    FallbackLayer::value(STALE)
}

pub(crate) fn circuit_breaker(inner: Inner) -> Stack<impl Palisade> {
    let (breaker, tallies) = (breaker(), Tallies::default());
    let service = ServiceBuilder::new()
        .map_request(tallies.asked.count())
        .layer(&breaker)
        .map_request(tallies.passed.count())
        .map_result(tallies.ended.count())
        .service(inner.clone());
    let handles = Handles { inner, circuit: Some(breaker.handle()), tallies, ..Handles::default() };
    Stack { service, handles }
}

pub(crate) fn retrying(inner: Inner) -> Stack<impl Palisade> {
    let (retry, tallies) = (retry(), Tallies::default());
    let service = ServiceBuilder::new().layer(&retry).map_request(tallies.sent.count()).service(inner.clone());
    let handles = Handles { inner, budget: retry.budget(), tallies, ..Handles::default() };
    Stack { service, handles }
}

pub(crate) fn timeout(inner: Inner) -> Stack<impl Palisade> {
    let handles = Handles { inner: inner.clone(), ..Handles::default() };
    Stack { service: ServiceBuilder::new().layer(limit()).service(inner), handles }
}

pub(crate) fn timeout_of_readiness(inner: Inner) -> Stack<impl Palisade> {
    let handles = Handles { inner: inner.clone(), ..Handles::default() };
    Stack { service: ServiceBuilder::new().layer(limit().cover_readiness()).service(inner), handles }
}

pub(crate) fn bulkhead(inner: Inner) -> Stack<impl Palisade> {
    let places = places();
    let handles = Handles { inner: inner.clone(), bulkheads: vec![places.handle()], ..Handles::default() };
    Stack { service: ServiceBuilder::new().layer(places).service(inner), handles }
}

pub(crate) fn bulkhead_with_queue(inner: Inner) -> Stack<impl Palisade> {
    let queue = queue();
    let handles = Handles { inner: inner.clone(), bulkheads: vec![queue.handle()], ..Handles::default() };
    Stack { service: ServiceBuilder::new().layer(queue).service(inner), handles }
}

pub(crate) fn fallback(inner: Inner) -> Stack<impl Palisade> {
    let handles = Handles { inner: inner.clone(), falls_back: true, ..Handles::default() };
    Stack { service: ServiceBuilder::new().layer(stale()).service(inner), handles }
}

pub(crate) fn fallback_to_a_future(inner: Inner) -> Stack<impl Palisade> {
    let other = inner.clone();
    let step = fallback::future_of(
        |&request: &u32| request,
        move |request, _: Result<&u32, &Error>| other.clone().oneshot(request),
    );
    let handles = Handles { inner: inner.clone(), falls_back: true, ..Handles::default() };
    Stack { service: ServiceBuilder::new().layer(FallbackLayer::new(step)).service(inner), handles }
}

pub(crate) fn fallback_to_a_service(inner: Inner) -> Stack<impl Palisade> {
    let step = fallback::service(inner.clone());
    let handles = Handles { inner: inner.clone(), falls_back: true, ..Handles::default() };
    Stack { service: ServiceBuilder::new().layer(FallbackLayer::new(step)).service(inner), handles }
}

pub(crate) fn five_in_order(inner: Inner) -> Stack<impl Palisade> {
    let (queue, retry, breaker, places) = (queue(), retry(), breaker(), places());
    let tallies = Tallies::default();
    let handles = Handles {
        inner: inner.clone(),
        circuit: Some(breaker.handle()),
        bulkheads: vec![queue.handle(), places.handle()],
        budget: retry.budget(),
        falls_back: true,
        tallies: tallies.clone(),
    };
    let service = ServiceBuilder::new()
        .layer(stale())
        .layer(total())
        .layer(queue)
        .layer(retry)
        .map_request(tallies.sent.count())
        .map_request(tallies.asked.count())
        .layer(breaker)
        .map_request(tallies.passed.count())
        .map_result(tallies.ended.count())
        .layer(places)
        .layer(limit())
        .service(inner);
    Stack { service, handles }
}

pub(crate) fn five_upside_down(inner: Inner) -> Stack<impl Palisade> {
    let (queue, retry, breaker, places) = (queue(), retry(), breaker(), places());
    let tallies = Tallies::default();
    let handles = Handles {
        inner: inner.clone(),
        circuit: Some(breaker.handle()),
        bulkheads: vec![queue.handle(), places.handle()],
        budget: retry.budget(),
        falls_back: true,
        tallies: tallies.clone(),
    };
    let service = ServiceBuilder::new()
        .layer(limit())
        .layer(places)
        .map_request(tallies.asked.count())
        .layer(breaker)
        .map_request(tallies.passed.count())
        .map_result(tallies.ended.count())
        .layer(retry)
        .map_request(tallies.sent.count())
        .layer(queue)
        .layer(total().cover_readiness())
        .layer(stale())
        .service(inner);
    Stack { service, handles }
}

pub(crate) fn five_with_retry_inside_the_breaker(inner: Inner) -> Stack<impl Palisade> {
    let (queue, retry, breaker, tallies) = (queue(), retry(), breaker(), Tallies::default());
    let handles = Handles {
        inner: inner.clone(),
        circuit: Some(breaker.handle()),
        bulkheads: vec![queue.handle()],
        budget: retry.budget(),
        falls_back: true,
        tallies: tallies.clone(),
    };
    let service = ServiceBuilder::new()
        .map_request(tallies.asked.count())
        .layer(breaker)
        .map_request(tallies.passed.count())
        .map_result(tallies.ended.count())
        .layer(stale())
        .layer(retry)
        .map_request(tallies.sent.count())
        .layer(total())
        .layer(queue)
        .service(inner);
    Stack { service, handles }
}

/// Makes a test of a law for each stack, or for those named.
macro_rules! holds_for {
    (every stack: $law:ident) => {
        $crate::stacks::holds_for! {
            circuit_breaker retrying timeout timeout_of_readiness bulkhead bulkhead_with_queue fallback
            five_in_order five_upside_down five_with_retry_inside_the_breaker: $law
        }
    };
    (every stack and step: $law:ident) => {
        $crate::stacks::holds_for! {
            circuit_breaker retrying timeout timeout_of_readiness bulkhead bulkhead_with_queue fallback
            fallback_to_a_future fallback_to_a_service
            five_in_order five_upside_down five_with_retry_inside_the_breaker: $law
        }
    };
    (every circuit: $law:ident) => {
        $crate::stacks::holds_for! {
            circuit_breaker five_in_order five_upside_down five_with_retry_inside_the_breaker: $law
        }
    };
    (every bulkhead: $law:ident) => {
        $crate::stacks::holds_for! {
            bulkhead bulkhead_with_queue five_in_order five_upside_down five_with_retry_inside_the_breaker: $law
        }
    };
    (every queue: $law:ident) => {
        $crate::stacks::holds_for! {
            bulkhead_with_queue five_in_order five_upside_down five_with_retry_inside_the_breaker: $law
        }
    };
    (every retry: $law:ident) => {
        $crate::stacks::holds_for! {
            retrying five_in_order five_upside_down five_with_retry_inside_the_breaker: $law
        }
    };
    ($($stack:ident)+: $law:ident) => {
        mod $law {
            $(
                #[tokio::test(start_paused = true)]
                async fn $stack() {
                    super::$law($crate::stacks::$stack).await;
                }
            )+
        }
    };
}

pub(crate) use holds_for;
