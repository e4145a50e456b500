//! What a circuit makes of each way an answer can end.

use std::time::Duration;

use palisade::{CircuitBreakerLayer, Phase, RejectionReason};
use tonic::{Code, Status};
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;

use crate::{
    client::{ask, at_once, channel, counting, drain, in_circuit, next, rejection, until},
    raw::{Raw, serve_raw},
    server::{Reply, serve_script},
};

/// `Some(true)` counts as a success, `Some(false)` as a failure, and `None` as nothing.
async fn counts_as(raw: Raw) -> Option<bool> {
    let (mut client, circuit) = in_circuit(serve_raw(raw).await, counting());
    if let Ok(stream) = client.watch(ask()).await {
        drop(drain(stream.into_inner()).await);
    }
    let counts = circuit.snapshot().counts;
    (counts.calls > 0).then_some(counts.failures == 0)
}

fn is_failure(code: i32) -> bool {
    [
        Code::Cancelled,
        Code::Unknown,
        Code::DeadlineExceeded,
        Code::ResourceExhausted,
        Code::Internal,
        Code::Unavailable,
        Code::DataLoss,
    ]
    .contains(&Code::from_i32(code))
}

#[tokio::test]
async fn a_code_alone_counts_as_the_table_says() {
    for code in 0..17 {
        assert_eq!(counts_as(Raw::ok().code(code)).await, Some(!is_failure(code)), "{:?}", Code::from_i32(code));
    }
}

#[tokio::test]
async fn a_code_after_messages_counts_as_the_table_says() {
    for code in 0..17 {
        let raw = Raw::ok().message().message().trailers(code);
        assert_eq!(counts_as(raw).await, Some(!is_failure(code)), "{:?}", Code::from_i32(code));
    }
}

#[tokio::test]
async fn a_code_in_trailers_without_messages_counts_as_the_table_says() {
    for code in [0, 5, 13, 14] {
        assert_eq!(counts_as(Raw::ok().trailers(code)).await, Some(!is_failure(code)), "{:?}", Code::from_i32(code));
    }
}

#[tokio::test]
async fn a_code_in_a_head_before_messages_counts_though_the_trailers_say_otherwise() {
    assert_eq!(counts_as(Raw::ok().code(13).message().trailers(0)).await, Some(false));
    assert_eq!(counts_as(Raw::ok().code(0).message().trailers(13)).await, Some(true));
}

#[tokio::test]
async fn a_stream_that_ends_without_a_code_is_a_failure() {
    assert_eq!(counts_as(Raw::ok().message()).await, Some(false));
    assert_eq!(counts_as(Raw::ok().message().trailers_without_code()).await, Some(false));
    assert_eq!(counts_as(Raw::ok()).await, Some(false));
}

#[tokio::test]
async fn a_stream_that_is_reset_is_a_failure() {
    assert_eq!(counts_as(Raw::ok().message().reset()).await, Some(false));
    assert_eq!(counts_as(Raw::ok().reset()).await, Some(false));
}

#[tokio::test]
async fn a_stream_that_is_cut_with_its_connection_is_a_failure() {
    assert_eq!(counts_as(Raw::ok().message().cut()).await, Some(false));
}

#[tokio::test]
async fn a_status_from_something_between_counts_as_the_code_it_stands_for() {
    for (status, is_success) in [(400, false), (401, true), (403, true), (404, true), (429, false), (500, false)] {
        assert_eq!(counts_as(Raw::status(status)).await, Some(is_success), "{status}");
    }
    for status in [502, 503, 504] {
        assert_eq!(counts_as(Raw::status(status)).await, Some(false), "{status}");
        assert_eq!(counts_as(Raw::status(status).message()).await, Some(false), "{status} with a body");
    }
}

#[tokio::test]
async fn a_page_that_comes_instead_of_messages_is_a_failure() {
    for content_type in ["text/html; charset=utf-8", "application/json", "text/plain"] {
        assert_eq!(counts_as(Raw::page(content_type)).await, Some(false), "{content_type}");
        assert_eq!(counts_as(Raw::page(content_type).hang()).await, Some(false), "{content_type} without an end");
    }
}

#[tokio::test]
async fn a_code_that_is_garbage_is_a_failure() {
    for code in ["", "OK", "-1", "17", "99999999999999999999", "0.0"] {
        assert_eq!(counts_as(Raw::ok().code(code)).await, Some(false), "{code} alone");
        assert_eq!(counts_as(Raw::ok().message().trailers(code)).await, Some(false), "{code} after a message");
    }
}

#[tokio::test]
async fn one_internal_after_messages_opens_a_circuit_of_one_consecutive_failure() {
    let circuit = CircuitBreakerLayer::grpc("health").consecutive(1);
    let (mut client, circuit) = in_circuit(serve_raw(Raw::ok().message().trailers(13)).await, circuit);
    let stream = client.watch(ask()).await.unwrap().into_inner();
    assert_eq!(circuit.phase(), Phase::Closed);
    assert_eq!(drain(stream).await.unwrap_err().code(), Code::Internal);
    assert_eq!(circuit.phase(), Phase::Open);
    let rejected = client.watch(ask()).await.unwrap_err();
    assert_eq!(rejection(&rejected), Some(RejectionReason::CircuitOpen));
}

#[tokio::test]
async fn not_found_never_opens_a_circuit() {
    for raw in [Raw::ok().code(5), Raw::ok().message().trailers(5)] {
        let circuit = CircuitBreakerLayer::grpc("health").consecutive(1).min_calls(1);
        let (mut client, circuit) = in_circuit(serve_raw(raw).await, circuit);
        for _ in 0..30 {
            assert_eq!(client.check(ask()).await.unwrap_err().code(), Code::NotFound);
        }
        assert_eq!((circuit.phase(), circuit.snapshot().counts.calls), (Phase::Closed, 30));
    }
}

#[tokio::test]
async fn a_stream_counts_as_a_success_only_when_it_has_ended() {
    let (addr, _) = serve_script(|_| Reply::Paced(Duration::from_millis(30))).await;
    let (mut client, circuit) = in_circuit(addr, counting());
    let mut stream = client.watch(ask()).await.unwrap().into_inner();
    for _ in 0..3 {
        assert!(next(&mut stream).await.unwrap().is_some());
        assert_eq!(circuit.snapshot().counts.calls, 0);
    }
    assert!(next(&mut stream).await.unwrap().is_none());
    let counts = circuit.snapshot().counts;
    assert_eq!((counts.calls, counts.failures), (1, 0));
}

#[tokio::test]
async fn a_stream_that_the_client_drops_half_way_counts_as_nothing() {
    let (addr, _) = serve_script(|_| Reply::Open).await;
    let (mut client, circuit) = in_circuit(addr, counting());
    for _ in 0..3 {
        let mut stream = client.watch(ask()).await.unwrap().into_inner();
        assert!(next(&mut stream).await.unwrap().is_some());
        drop(stream);
    }
    assert_eq!(circuit.snapshot().counts.calls, 0);
}

#[tokio::test]
async fn a_call_that_the_client_drops_before_its_head_counts_as_nothing() {
    let (addr, calls) = serve_script(|_| Reply::Never).await;
    let (mut client, circuit) = in_circuit(addr, counting());
    let given_up = tokio::spawn(async move { client.check(ask()).await });
    until("the service is called", || calls.count() == 1).await;
    given_up.abort();
    assert!(given_up.await.unwrap_err().is_cancelled());
    assert_eq!(circuit.snapshot().counts.calls, 0);
}

#[tokio::test]
async fn each_attempt_of_a_retry_counts() {
    let (addr, calls) = serve_script(|_| Reply::Status(Status::unavailable("down"))).await;
    let circuit = counting().build().unwrap();
    let stack = ServiceBuilder::new().layer(at_once().build().unwrap()).layer(circuit.clone()).service(channel(addr));
    let mut client = HealthClient::new(stack);
    assert_eq!(client.check(ask()).await.unwrap_err().code(), Code::Unavailable);
    let counts = circuit.handle().snapshot().counts;
    assert_eq!((calls.count(), counts.calls, counts.failures), (3, 3, 3));
}
