//! What callers set themselves: a deadline around a call, or `grpc-timeout` on its request.

use std::{net::SocketAddr, time::Duration};

use palisade::{
    Backoff, CircuitBreakerLayer, CircuitHandle, Deadline, Jitter, Phase, TimeoutLayer,
    http::{AnswerLayer, DeadlineLayer},
};
use tonic::{Code, Request, Status};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::ServiceBuilder;

use crate::{
    client::{ByCode, ask, at_once, channel, soon},
    server::{Calls, Reply, now, scripted, serve_script},
};

/// More than a test may take: what ends sooner was ended by its caller.
const LIMIT: Duration = Duration::from_secs(3600);
const IMPATIENT: Duration = Duration::from_millis(40);

/// A client as the README has it.
macro_rules! client {
    ($service:expr; $retry:expr, $circuit:expr) => {
        HealthClient::new(
            ServiceBuilder::new()
                .layer(AnswerLayer::grpc())
                .layer(DeadlineLayer::grpc())
                .layer(TimeoutLayer::grpc(LIMIT))
                .layer($retry.build().unwrap())
                .layer($circuit)
                .layer(DeadlineLayer::grpc())
                .service($service),
        )
    };
}

fn opens_at_once() -> CircuitBreakerLayer<ByCode> {
    CircuitBreakerLayer::grpc("health").consecutive(1).build().unwrap()
}

fn impatient() -> Request<HealthCheckRequest> {
    let mut request = Request::new(ask());
    request.set_timeout(IMPATIENT);
    request
}

/// Some callers, each with a deadline of its own; whose timer fires first differs.
async fn deadlines(addr: SocketAddr) -> (Vec<Status>, CircuitHandle) {
    let circuit = opens_at_once();
    let handle = circuit.handle();
    let client = client!(channel(addr); at_once(), circuit);
    let mut ends = Vec::new();
    for _ in 0..8 {
        let mut client = client.clone();
        let check = async move { client.check(ask()).await };
        ends.push(soon(Deadline::after(IMPATIENT).scope(check)).await.unwrap_err());
    }
    (ends, handle)
}

/// The same callers, with `grpc-timeout` on their requests.
async fn grpc_timeouts(addr: SocketAddr) -> (Vec<Status>, CircuitHandle) {
    let circuit = opens_at_once();
    let handle = circuit.handle();
    let client = client!(channel(addr); at_once(), circuit);
    let mut ends = Vec::new();
    for _ in 0..8 {
        ends.push(soon(client.clone().check(impatient())).await.unwrap_err());
    }
    (ends, handle)
}

fn assert_callers_own((ends, circuit): (Vec<Status>, CircuitHandle), calls: &Calls) {
    assert!(ends.iter().all(|status| status.code() == Code::DeadlineExceeded), "{ends:?}");
    assert_eq!((circuit.phase(), circuit.snapshot().counts.failures), (Phase::Closed, 0));
    assert!(calls.count() <= ends.len(), "none was sent again");
}

#[tokio::test]
async fn callers_with_short_deadlines_open_no_circuit() {
    let (addr, calls) = serve_script(|_| Reply::Never).await;
    assert_callers_own(deadlines(addr).await, &calls);
}

#[tokio::test]
async fn callers_with_a_short_grpc_timeout_open_no_circuit() {
    let (addr, calls) = serve_script(|_| Reply::Never).await;
    assert_callers_own(grpc_timeouts(addr).await, &calls);
}

#[tokio::test(start_paused = true)]
async fn a_grpc_timeout_covers_all_attempts_and_the_pauses_between() {
    let (health, calls) = scripted(|_| Reply::Status(Status::unavailable("down")));
    let backoff = Backoff::constant(Duration::from_millis(200)).jitter(Jitter::None);
    let retry = at_once().max_attempts(10).backoff(backoff);
    let mut client = client!(health; retry, CircuitBreakerLayer::grpc("health").build().unwrap());
    let mut request = Request::new(ask());
    request.set_timeout(Duration::from_millis(500));
    let begun = now();
    assert_eq!(client.check(request).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(calls.count(), 3);
    assert!(begun.elapsed() <= Duration::from_millis(500), "{:?}", begun.elapsed());
}
