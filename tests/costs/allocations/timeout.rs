//! What a timeout allocates.

use std::time::Duration;

use palisade::{Deadline, TimeoutLayer};
use tower::{Layer, service_fn};

use crate::allocations::claims::{Claims, call};
use crate::allocations::services::{Ask, End, inner, reply, silent, slow};

const LIMIT: Duration = Duration::from_secs(1);
fn layer() -> TimeoutLayer {
    TimeoutLayer::new(LIMIT)
}

const GOOD: [(Ask, End); 1] = [(Ask::Good, End::Good)];
const TIMED_OUT: [(Ask, End); 1] = [(Ask::Good, End::TimedOut)];

pub(crate) async fn claim(claims: &mut Claims) {
    let service = &mut layer().layer(inner());
    claims.calls("timeout, ready", 0, service, GOOD).await;
    claims.calls("timeout, bad replies", 0, service, [(Ask::Bad, End::Bad)]).await;
    claims.calls("timeout, errors", 1, service, [(Ask::Break, End::Broken)]).await;
    claims.calls("timeout, pending once", 0, &mut layer().layer(slow()), GOOD).await;
    claims.calls("timeout, expires", 0, &mut layer().layer(silent()), TIMED_OUT).await;
    claims.calls("timeout, inside another, expires", 0, &mut layer().layer(layer().layer(silent())), TIMED_OUT).await;

    let by_request = TimeoutLayer::by_request(|_: &Ask| LIMIT);
    claims.calls("timeout by request, expires", 0, &mut by_request.layer(silent()), TIMED_OUT).await;
    let covering = layer().cover_readiness();
    claims.calls("timeout of readiness too, ready", 0, &mut covering.layer(inner()), GOOD).await;
    claims.calls("timeout of readiness too, expires", 0, &mut covering.layer(silent()), TIMED_OUT).await;
    deadline(claims).await;
}

async fn deadline(claims: &mut Claims) {
    let asking = service_fn(async |ask| {
        assert!(Deadline::current().is_some());
        reply(ask)
    });
    claims.calls("deadline, asked for", 0, &mut layer().layer(asking), GOOD).await;
    let service = &mut layer().layer(silent());
    let scoped = async || assert_eq!(Deadline::after(LIMIT).scope(call(service, Ask::Good)).await, End::TimedOut);
    claims.each("deadline, brought by the caller, ends the call", 0, scoped).await;
}
