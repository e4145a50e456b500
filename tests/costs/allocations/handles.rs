//! What handles and guards allocate.

use palisade::{Budget, BulkheadLayer, CircuitBreakerLayer, Deadline};

use crate::allocations::claims::Claims;

pub(crate) async fn claim(claims: &mut Claims) {
    circuit(claims).await;
    bulkhead(claims).await;
    let budget = Budget::default();
    claims.each("budget, looked at", 0, async || assert_eq!(budget.clone().available(), 100)).await;
    claims.each("deadline, where there is none", 0, async || assert_eq!(Deadline::current(), None)).await;
}

async fn circuit(claims: &mut Claims) {
    let circuit = CircuitBreakerLayer::builder("circuit").failure_rate(1.0).build().unwrap().handle();
    let settled = async || {
        circuit.try_enter().unwrap().success();
        circuit.try_enter().unwrap().failure();
        drop(circuit.try_enter().unwrap());
    };
    claims.each("circuit, entered and settled", 0, settled).await;
    claims.each("circuit, looked at", 0, async || assert_eq!(circuit.clone().snapshot().failure_rate, Some(0.5))).await;
    let steered = async || {
        circuit.metrics_only();
        circuit.force_closed();
        circuit.reset();
        circuit.force_open();
        assert!(circuit.try_enter().is_err());
    };
    claims.each("circuit, steered and rejecting", 0, steered).await;
}

async fn bulkhead(claims: &mut Claims) {
    let bulkhead = BulkheadLayer::new(1).handle();
    let entered = async || {
        let place = bulkhead.try_enter().unwrap();
        assert!(bulkhead.try_enter().is_err());
        assert_eq!((bulkhead.in_flight(), bulkhead.queued()), (1, 0));
        drop(place);
    };
    claims.each("bulkhead, entered, full and left", 0, entered).await;
    claims.each("bulkhead, resized", 0, async || bulkhead.clone().resize(2)).await;
}
