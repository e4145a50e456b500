//! Requests that cannot be sent, by a fault on our own side.

use bytes::Bytes;
use futures_util::stream;
use http::Request;
use http_body::Frame;
use http_body_util::StreamBody;
use palisade::http::DeadlineLayer;
use palisade::{CircuitBreakerLayer, CircuitHandle, Phase};
use tonic::Status;
use tonic::body::Body;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::{ServiceBuilder, ServiceExt};

use crate::client::{ask, at_once, channel, counted, text};
use crate::patience::soon;
use crate::server::{Reply, serve_script};

/// A client that sends again what failed, in a circuit that one failure opens.
macro_rules! stack {
    ($channel:expr) => {{
        let circuit = CircuitBreakerLayer::grpc("health").consecutive(1).build().unwrap();
        let retry = at_once().build().unwrap();
        let stack = ServiceBuilder::new().layer(retry).layer(circuit.clone()).layer(DeadlineLayer::grpc());
        (stack.service($channel), circuit.handle())
    }};
}

fn assert_nothing_counted(circuit: &CircuitHandle) {
    assert_eq!((circuit.phase(), counted(circuit)), (Phase::Closed, (0, 0)));
}

#[tokio::test]
async fn a_message_too_large_to_send_counts_as_nothing() {
    let (addr, calls) = serve_script(|_| Reply::Served).await;
    let (stack, circuit) = stack!(channel(addr));
    let mut client = HealthClient::new(stack).max_encoding_message_size(100);
    soon(client.check(HealthCheckRequest { service: text(101) })).await.unwrap_err();
    assert_nothing_counted(&circuit);
    assert_eq!(calls.count(), 0);
    soon(client.check(ask())).await.unwrap();
}

#[tokio::test]
async fn a_request_that_breaks_on_its_way_counts_as_nothing() {
    let (addr, calls) = serve_script(|_| Reply::Served).await;
    let (stack, circuit) = stack!(channel(addr));
    // The head of a message of 8 bytes, and what sends it fails.
    let begun = Frame::data(Bytes::from_static(&[0, 0, 0, 0, 8]));
    let frames = stream::iter([Ok(begun), Err(Status::cancelled("its sender has gone"))]);
    let request = Request::post("/grpc.health.v1.Health/Check").body(Body::new(StreamBody::new(frames))).unwrap();
    soon(stack.oneshot(request)).await.unwrap_err();
    assert_nothing_counted(&circuit);
    assert_eq!(calls.count(), 0);
}
