//! What a circuit breaker allocates.

use std::time::Duration;

use palisade::call::Plain;
use palisade::{Backoff, CircuitBreakerBuilder, CircuitBreakerLayer, Phase};
use tokio::time::advance;
use tower::Layer;

use crate::allocations::claims::{Claims, call};
use crate::allocations::services::{Ask, Classifier, End, inner, transient};

const OPEN_FOR: Duration = Duration::from_secs(5);

type Builder = CircuitBreakerBuilder<Plain<Classifier>>;

pub(crate) async fn claim(claims: &mut Claims) {
    closed(claims).await;
    rejecting(claims).await;
    by_hand(claims).await;
    phases(claims).await;
}

fn builder() -> Builder {
    CircuitBreakerLayer::builder("breaker").open_for(Backoff::constant(OPEN_FOR)).classify(transient as _)
}

/// Breakers of all kinds, which one failure in two does not open.
fn patient() -> [(&'static str, Builder); 5] {
    let count = builder().failure_rate(1.0).count_window(100);
    let time = builder().failure_rate(1.0);
    [
        ("consecutive", builder().without_failure_rate().consecutive(5)),
        ("count window", count.clone()),
        ("count window, slow rate", count.slow_rate(1.0, OPEN_FOR)),
        ("time window", time.clone()),
        ("time window, slow rate", time.slow_rate(1.0, OPEN_FOR)),
    ]
}

async fn closed(claims: &mut Claims) {
    for (kind, builder) in patient() {
        let service = &mut builder.build().unwrap().layer(inner());
        claims.calls(&format!("breaker, {kind}, admits"), 0, service, [(Ask::Good, End::Good)]).await;
        let replies = [(Ask::Good, End::Good), (Ask::Bad, End::Bad)];
        claims.calls(&format!("breaker, {kind}, bad replies"), 0, service, replies).await;
        let errors = [(Ask::Good, End::Good), (Ask::Break, End::Broken)];
        claims.calls(&format!("breaker, {kind}, errors"), 1, service, errors).await;
    }
}

async fn rejecting(claims: &mut Claims) {
    let layer = builder().consecutive(1).probes(1).build().unwrap();
    let service = &mut layer.layer(inner());
    let rejected = [(Ask::Good, End::Rejected)];
    assert_eq!(call(service, Ask::Bad).await, End::Bad);
    claims.calls("breaker, open", 0, service, rejected).await;

    advance(OPEN_FOR).await;
    let probe = layer.handle().try_enter().unwrap();
    assert_eq!(layer.handle().phase(), Phase::HalfOpen);
    claims.calls("breaker, half-open, probes taken", 0, service, rejected).await;
    drop(probe);
}

async fn by_hand(claims: &mut Claims) {
    let layer = builder().consecutive(1).build().unwrap();
    let (service, circuit) = (&mut layer.layer(inner()), layer.handle());
    circuit.force_open();
    claims.calls("breaker, forced open", 0, service, [(Ask::Good, End::Rejected)]).await;
    let both = [(Ask::Good, End::Good), (Ask::Bad, End::Bad)];
    circuit.force_closed();
    claims.calls("breaker, forced closed", 0, service, both).await;
    circuit.metrics_only();
    claims.calls("breaker, metrics only", 0, service, both).await;
}

/// From closed to open, half-open, open again, half-open and closed.
async fn phases(claims: &mut Claims) {
    for (kind, builder) in patient() {
        let layer = builder.consecutive(5).probes(2).build().unwrap();
        let service = &mut layer.layer(inner());
        let round = async || {
            for _ in 0..5 {
                assert_eq!(call(service, Ask::Bad).await, End::Bad);
            }
            assert_eq!(call(service, Ask::Good).await, End::Rejected);
            advance(OPEN_FOR).await;
            while call(service, Ask::Bad).await == End::Bad {}
            assert_eq!(call(service, Ask::Good).await, End::Rejected);
            advance(OPEN_FOR).await;
            for _ in 0..2 {
                assert_eq!(call(service, Ask::Good).await, End::Good);
            }
            assert_eq!(layer.handle().phase(), Phase::Closed);
        };
        claims.each(&format!("breaker, {kind}, all phases"), 0, round).await;
    }
}
