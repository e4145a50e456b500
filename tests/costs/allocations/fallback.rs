//! What a fallback allocates.

use std::convert::Infallible;

use palisade::fallback::{Step, function, function_of, future_of, service, value};
use palisade::{BulkheadLayer, Error, FallbackLayer};
use tower::{Layer, service_fn};

use crate::allocations::claims::Claims;
use crate::allocations::services::{Ask, End, Reply, inner, transient};

pub(crate) async fn claim(claims: &mut Claims) {
    let by_function = function(|_: Result<&Reply, &Error>| Ok::<_, Infallible>(Reply::Fallback));
    let by_function_of =
        function_of(|ask: &Ask| *ask, |_, _: Result<&Reply, &Error>| Ok::<_, Infallible>(Reply::Fallback));
    let by_future =
        future_of(|ask: &Ask| *ask, |_, _: Result<&Reply, &Error>| async { Ok::<_, Infallible>(Reply::Fallback) });
    let by_service = service(service_fn(async |_: Ask| Ok::<_, Infallible>(Reply::Fallback)));
    by(claims, "value", value(Reply::Fallback)).await;
    by(claims, "function", by_function).await;
    by(claims, "function of the request", by_function_of).await;
    by(claims, "future", by_future).await;
    by(claims, "service", by_service).await;
    chain(claims).await;
    by_hand(claims).await;
    rehearsals(claims).await;
}

async fn by<S>(claims: &mut Claims, step: &str, by: S)
where
    S: Step<Ask, Reply> + Clone,
{
    let layer = FallbackLayer::new(by).classify(transient);
    let service = &mut layer.layer(inner());
    let path = |path: &str| format!("fallback by {step}, {path}");
    claims.calls(&path("not taken"), 0, service, [(Ask::Good, End::Good)]).await;
    claims.calls(&path("taken for bad replies"), 0, service, [(Ask::Bad, End::Fallback)]).await;
    claims.calls(&path("taken for errors"), 1, service, [(Ask::Break, End::Fallback)]).await;
    let rejecting = &mut layer.layer(BulkheadLayer::new(0).layer(inner()));
    claims.calls(&path("taken for rejections"), 0, rejecting, [(Ask::Good, End::Fallback)]).await;
}

/// A step that fails, and the next, where there is one.
async fn chain(claims: &mut Claims) {
    let full = || service(BulkheadLayer::new(0).layer(inner()));
    let answered = &mut FallbackLayer::new(full()).or(value(Reply::Fallback)).layer(inner());
    claims.calls("fallback, the second step answers", 1, answered, [(Ask::Break, End::Fallback)]).await;
    let answered = &mut FallbackLayer::new(full()).or(value(Reply::Fallback)).classify(transient).layer(inner());
    claims.calls("fallback, the second step answers a bad reply", 0, answered, [(Ask::Bad, End::Fallback)]).await;
    // One box holds both failures.
    let failed = &mut FallbackLayer::new(full()).classify(transient).layer(inner());
    claims.calls("fallback, no step answers a bad reply", 1, failed, [(Ask::Bad, End::Broken)]).await;
    claims.calls("fallback, no step answers an error", 2, failed, [(Ask::Break, End::Broken)]).await;
}

async fn by_hand(claims: &mut Claims) {
    let layer = FallbackLayer::value(Reply::Fallback);
    layer.handle().always();
    claims.calls("fallback, always", 0, &mut layer.layer(inner()), [(Ask::Good, End::Fallback)]).await;
}

/// A rehearsal is in a box, and there is none where a call is not drawn.
async fn rehearsals(claims: &mut Claims) {
    for (path, allocations, rate) in [("drawn", 1, 1.0), ("not drawn", 0, f64::MIN_POSITIVE)] {
        let layer = FallbackLayer::value(Reply::Fallback).rehearse(rate).unwrap().seed(1);
        let path = format!("fallback, {path} for a rehearsal");
        claims.calls(&path, allocations, &mut layer.layer(inner()), [(Ask::Good, End::Good)]).await;
    }
}
