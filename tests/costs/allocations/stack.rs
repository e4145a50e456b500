//! What all five layers together allocate.

use std::time::Duration;

use palisade::fallback::{function, value};
use palisade::{
    Backoff, Budget, BulkheadHandle, BulkheadLayer, CircuitBreakerLayer, CircuitHandle, Error, FallbackLayer,
    RetryLayer, TimeoutLayer,
};
use tower::{BoxError, Service, ServiceBuilder};

use crate::allocations::claims::Claims;
use crate::allocations::services::{Ask, Broken, End, Reply, inner, lasting, silent, slow, transient};

const LIMIT: Duration = Duration::from_secs(1);

struct Stack<S> {
    service: S,
    circuit: CircuitHandle,
    bulkhead: BulkheadHandle,
}

/// A stack whose retry takes errors for lasting, and whose breaker never opens by itself.
fn stack<S>(service: S) -> Stack<impl Service<Ask, Response = Reply, Error = Error> + Clone>
where
    S: Service<Ask, Response = Reply, Error = Broken> + Clone,
{
    let budget = Budget::builder().ratio(2.0).build().unwrap();
    let breaker = CircuitBreakerLayer::builder("stack").classify(transient).build().unwrap();
    let bulkhead = BulkheadLayer::new(1);
    let (circuit, places) = (breaker.handle(), bulkhead.handle());
    circuit.metrics_only();
    let service = ServiceBuilder::new()
        .layer(FallbackLayer::value(Reply::Fallback).classify(transient))
        .layer(TimeoutLayer::new(LIMIT))
        .layer(RetryLayer::builder("stack").backoff(Backoff::none()).budget(budget).classify(lasting).build().unwrap())
        .layer(breaker)
        .layer(bulkhead)
        .service(service);
    Stack { service, circuit, bulkhead: places }
}

pub(crate) async fn claim(claims: &mut Claims) {
    let Stack { mut service, circuit, bulkhead } = stack(inner());
    claims.calls("stack, good", 0, &mut service, [(Ask::Good, End::Good)]).await;
    claims.calls("stack, one bad reply", 0, &mut service, [(Ask::BadOnce, End::Good)]).await;
    claims.calls("stack, three bad replies", 0, &mut service, [(Ask::Bad, End::Fallback)]).await;
    claims.calls("stack, a lasting error", 1, &mut service, [(Ask::Break, End::Fallback)]).await;
    let place = bulkhead.try_enter().unwrap();
    claims.calls("stack, bulkhead full", 0, &mut service, [(Ask::Good, End::Fallback)]).await;
    drop(place);
    circuit.force_open();
    claims.calls("stack, breaker open", 0, &mut service, [(Ask::Good, End::Fallback)]).await;

    claims.calls("stack, pending once", 0, &mut stack(slow()).service, [(Ask::Good, End::Good)]).await;
    claims.calls("stack, timed out", 0, &mut stack(silent()).service, [(Ask::Good, End::Fallback)]).await;
    error_to_the_top(claims).await;
}

/// An error that no layer answers comes up through all of them in the box that the lowest put it in.
async fn error_to_the_top(claims: &mut Claims) {
    let passed_on = function(|_: Result<&Reply, &Error>| Ok::<_, BoxError>(Reply::Fallback));
    let service = &mut ServiceBuilder::new()
        .layer(FallbackLayer::new(passed_on).or(value(Reply::Fallback)).fallback_if(|_: Result<&Reply, &Error>| false))
        .layer(TimeoutLayer::new(LIMIT))
        .layer(RetryLayer::builder("stack").classify(lasting).build().unwrap())
        .layer(CircuitBreakerLayer::builder("stack").failure_rate(1.0).build().unwrap())
        .layer(BulkheadLayer::new(1))
        .service(inner());
    claims.calls("stack, an error to the top", 1, service, [(Ask::Good, End::Good), (Ask::Break, End::Broken)]).await;
}
