//! HEAD requests: the body that the handler answers with is dropped before anybody reads it.

use palisade::http::{AnswerLayer, Http};

use super::*;

async fn told(uri: Uri) -> (StatusCode, &'static str) {
    if uri.query() == Some("fail") { (StatusCode::INTERNAL_SERVER_ERROR, "bad") } else { (StatusCode::OK, "fine") }
}

async fn behind(breaker: CircuitBreakerBuilder<Http>) -> (Server, CircuitHandle) {
    let breaker = breaker.build().unwrap();
    let circuit = breaker.handle();
    let router = Router::new().route("/", get(told)).layer((AnswerLayer::http(), breaker));
    (Server::start(app(["/", "/"], router)).await, circuit)
}

#[tokio::test]
async fn rare_failures_among_answers_to_head_open_no_circuit() {
    let (server, circuit) = behind(CircuitBreakerLayer::http("head").min_calls(5)).await;
    for connection in [server.client(), server.http2()] {
        for _ in 0..5 {
            for _ in 0..19 {
                assert_eq!(connection.ask(Method::HEAD, "/", "").await, Some(Reply::ok()));
            }
            assert_eq!(connection.ask(Method::HEAD, "/", "fail").await, Some(Reply::failed()));
        }
    }
    let counts = circuit.snapshot().counts;
    assert_eq!((counts.calls, counts.failures), (200, 10));
}

#[tokio::test]
async fn a_half_open_circuit_that_is_asked_by_head_alone_closes() {
    let breaker = CircuitBreakerLayer::http("head").consecutive(1).probes(2).open_for(Backoff::none());
    let (server, circuit) = behind(breaker).await;
    for connection in [server.client(), server.http2()] {
        circuit.try_enter().unwrap().failure();
        for after in [Phase::HalfOpen, Phase::Closed] {
            assert_eq!(connection.ask(Method::HEAD, "/", "").await, Some(Reply::ok()));
            assert_eq!(circuit.phase(), after);
        }
    }
}
