//! HEAD requests: the body that the handler answers with is dropped before anybody reads it.

use axum::routing::get;
use palisade::http::{AnswerLayer, Http};
use palisade::{CircuitHandle, Phase};

use super::*;

async fn told(uri: Uri) -> (StatusCode, &'static str) {
    if uri.query() == Some("fail") { (StatusCode::INTERNAL_SERVER_ERROR, "bad") } else { (StatusCode::OK, "fine") }
}

/// One client of each wire.
async fn behind(breaker: CircuitBreakerBuilder<Http>) -> ([Client; 2], CircuitHandle) {
    let breaker = breaker.build().unwrap();
    let circuit = breaker.handle();
    let router = Router::new().route("/", get(told)).layer((AnswerLayer::http(), breaker));
    let server = Server::start((["/", "/"], router)).await;
    ([server.client(Wire::Http1), server.client(Wire::Http2)], circuit)
}

#[tokio::test]
async fn rare_failures_among_responses_to_head_open_no_circuit() {
    let (clients, circuit) = behind(CircuitBreakerLayer::http("head").min_calls(5)).await;
    for client in clients {
        for _ in 0..5 {
            for _ in 0..19 {
                assert_eq!(client.ask(Method::HEAD, "/", "").await, Some(said(200)));
            }
            assert_eq!(client.ask(Method::HEAD, "/", "fail").await, Some(said(500)));
        }
    }
    let counts = circuit.snapshot().counts;
    assert_eq!((counts.calls, counts.failures), (200, 10));
}

#[tokio::test]
async fn a_half_open_circuit_that_is_asked_by_head_alone_closes() {
    let breaker = CircuitBreakerLayer::http("head").consecutive(1).probes(2).open_for(Backoff::none());
    let (clients, circuit) = behind(breaker).await;
    for client in clients {
        circuit.try_enter().unwrap().failure();
        for after in [Phase::HalfOpen, Phase::Closed] {
            assert_eq!(client.ask(Method::HEAD, "/", "").await, Some(said(200)));
            assert_eq!(circuit.phase(), after);
        }
    }
}
