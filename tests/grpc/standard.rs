//! The standard stack around a channel of tonic's.

use palisade::grpc::standard;
use palisade::http::{AnswerLayer, DeadlineLayer};
use palisade::{Backoff, CircuitBreakerLayer, RetryLayer, TimeoutLayer};
use tonic::{Code, Request, Status};
use tonic_health::pb::health_client::HealthClient;
use tower::{Layer, ServiceBuilder};

use crate::client::{ask, channel, counted, drain};
use crate::patience::{ms, secs, soon};
use crate::server::{Reply, serve_script};

/// A client with a standard stack that waits little between its attempts, and the circuit of it.
macro_rules! client {
    ($addr:expr) => {{
        let stack = standard("health").unwrap().retry(|retry| retry.backoff(Backoff::constant(ms(20)))).unwrap();
        let circuit = stack.handles().circuit;
        let stack = ServiceBuilder::new().layer(AnswerLayer::grpc()).layer(stack).service(channel($addr));
        (HealthClient::new(stack), circuit)
    }};
}

#[tokio::test]
async fn a_server_that_is_unavailable_is_asked_again() {
    let (addr, calls) = serve_script(|nth| match nth {
        0 | 1 => Reply::Status(Status::unavailable("busy")),
        _ => Reply::Served,
    })
    .await;
    let (mut client, circuit) = client!(addr);
    soon(client.check(ask())).await.unwrap();
    let attempts: Vec<_> = calls.seen().into_iter().map(|seen| seen.previous_attempts).collect();
    assert_eq!(attempts, [None, Some("1".to_owned()), Some("2".to_owned())]);
    assert_eq!(counted(&circuit), (2, 1));
}

#[tokio::test]
async fn a_code_in_the_trailers_is_counted() {
    let (addr, _) = serve_script(|_| Reply::Broken(Status::internal("broken"))).await;
    let (mut client, circuit) = client!(addr);
    let stream = soon(client.watch(ask())).await.unwrap().into_inner();
    assert_eq!(soon(drain(stream)).await.unwrap_err().code(), Code::Internal);
    assert_eq!(counted(&circuit), (1, 1));
}

#[tokio::test]
async fn a_caller_with_little_time_is_told_so_and_counts_for_nothing() {
    let (addr, _) = serve_script(|_| Reply::Never).await;
    let (mut client, circuit) = client!(addr);
    let mut request = Request::new(ask());
    request.set_timeout(ms(100));
    assert_eq!(soon(client.check(request)).await.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(counted(&circuit), (0, 0));
}

/// So it costs what they cost.
#[tokio::test]
async fn its_services_are_those_of_its_layers_by_hand() {
    fn same<T>(_: &T, _: &T) {}
    let (addr, _) = serve_script(|_| Reply::Never).await;
    let by_hand = ServiceBuilder::new()
        .layer(DeadlineLayer::grpc())
        .layer(TimeoutLayer::grpc(secs(30)))
        .layer(RetryLayer::grpc::<tonic::body::Body>("health").build().unwrap())
        .layer(CircuitBreakerLayer::grpc("health").build().unwrap())
        .layer(TimeoutLayer::grpc(secs(10)))
        .layer(DeadlineLayer::grpc())
        .service(channel(addr));
    same(&standard("health").unwrap().layer(channel(addr)), &by_hand);
}
