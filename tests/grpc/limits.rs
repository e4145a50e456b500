//! Limits, ours and the server's.

use std::{net::SocketAddr, time::Duration};

use palisade::{Backoff, BulkheadLayer, CircuitHandle, Error, TimeoutLayer};
use tokio::time::timeout;
use tonic::{Code, Status, transport::Server};
use tonic_health::pb::health_client::HealthClient;
use tower::{Layer, ServiceBuilder};

use crate::{
    client::{ask, at_once, channel, counting, drain, in_circuit, next, own, retrying, soon, until},
    server::{Calls, Reply, now, scripted, serve, serve_script},
};

const LIMIT: Duration = Duration::from_millis(150);

fn is_ours(status: &Status) -> bool {
    matches!(own(status), Some(Error::TimedOut(elapsed)) if elapsed.limit() == LIMIT)
}

fn calls_and_failures(circuit: &CircuitHandle) -> (u64, u64) {
    let counts = circuit.snapshot().counts;
    (counts.calls, counts.failures)
}

#[tokio::test]
async fn a_stream_over_the_limit_ends_and_is_a_failure_in_the_circuit_within() {
    let (addr, _) = serve_script(|_| Reply::Open).await;
    let circuit = counting().build().unwrap();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::grpc(LIMIT)).layer(circuit.clone()).service(channel(addr));
    let begun = now();
    let mut stream = HealthClient::new(stack).watch(ask()).await.unwrap().into_inner();
    assert!(next(&mut stream).await.unwrap().is_some());
    assert_eq!(calls_and_failures(&circuit.handle()), (0, 0));
    assert!(is_ours(&next(&mut stream).await.unwrap_err()));
    assert!(begun.elapsed() >= LIMIT);
    assert_eq!(calls_and_failures(&circuit.handle()), (1, 1));
}

#[tokio::test]
async fn an_answer_that_never_comes_ends_and_is_a_failure_in_the_circuit_within() {
    let (addr, _) = serve_script(|_| Reply::Never).await;
    let circuit = counting().build().unwrap();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::grpc(LIMIT)).layer(circuit.clone()).service(channel(addr));
    assert!(is_ours(&soon(HealthClient::new(stack).check(ask())).await.unwrap_err()));
    assert_eq!(calls_and_failures(&circuit.handle()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_goes_on_and_on_ends_at_the_limit() {
    let (health, _) = scripted(|_| Reply::Paced(Duration::from_millis(100)));
    let begun = now();
    let mut client = HealthClient::new(TimeoutLayer::grpc(LIMIT).layer(health));
    let mut stream = client.watch(ask()).await.unwrap().into_inner();
    assert!(next(&mut stream).await.unwrap().is_some());
    assert!(next(&mut stream).await.unwrap().is_some());
    assert!(is_ours(&next(&mut stream).await.unwrap_err()));
    assert_eq!(begun.elapsed(), LIMIT);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_in_time_is_left_alone() {
    let (health, _) = scripted(|_| Reply::Paced(LIMIT / 3));
    let mut client = HealthClient::new(TimeoutLayer::grpc(LIMIT).layer(health));
    let stream = client.watch(ask()).await.unwrap().into_inner();
    assert_eq!(drain(stream).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn no_attempt_begins_after_the_limit() {
    let (health, calls) = scripted(|_| Reply::Status(Status::unavailable("down")));
    let retry = at_once().backoff(Backoff::constant(Duration::from_millis(100))).build().unwrap();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::grpc(LIMIT)).layer(retry).service(health);
    assert_eq!(HealthClient::new(stack).check(ask()).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(calls.count(), 2);
}

/// A server that itself ends calls, as tonic does, and what it saw.
async fn serve_impatiently() -> (SocketAddr, Calls) {
    let (health, calls) = scripted(|_| Reply::Never);
    (serve(Server::builder().timeout(Duration::from_millis(20)), health).await, calls)
}

#[tokio::test]
async fn a_time_out_of_tonics_server_is_a_failure() {
    let (addr, _) = serve_impatiently().await;
    let (mut client, circuit) = in_circuit(addr, counting());
    assert_eq!(client.check(ask()).await.unwrap_err().code(), Code::Cancelled);
    assert_eq!(calls_and_failures(&circuit), (1, 1));
}

#[tokio::test]
async fn a_time_out_of_tonics_server_is_not_asked_again() {
    let (addr, calls) = serve_impatiently().await;
    assert_eq!(retrying(addr, at_once()).check(ask()).await.unwrap_err().code(), Code::Cancelled);
    assert_eq!(calls.count(), 1);
}

#[tokio::test]
async fn a_deadline_that_the_server_says_was_exceeded_is_a_failure_and_not_asked_again() {
    let (addr, calls) = serve_script(|_| Reply::Status(Status::deadline_exceeded("too slow"))).await;
    let circuit = counting().build().unwrap();
    let stack = ServiceBuilder::new().layer(at_once().build().unwrap()).layer(circuit.clone()).service(channel(addr));
    assert_eq!(HealthClient::new(stack).check(ask()).await.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!((calls.count(), calls_and_failures(&circuit.handle())), (1, (1, 1)));
}

#[tokio::test]
async fn a_caller_who_goes_away_before_the_limit_is_no_failure() {
    let (addr, _) = serve_script(|_| Reply::Open).await;
    let circuit = counting().build().unwrap();
    let limit = TimeoutLayer::grpc(Duration::from_secs(60));
    let stack = ServiceBuilder::new().layer(limit).layer(circuit.clone()).service(channel(addr));
    let mut stream = HealthClient::new(stack).watch(ask()).await.unwrap().into_inner();
    assert!(next(&mut stream).await.unwrap().is_some());
    timeout(Duration::from_millis(10), stream.message()).await.unwrap_err();
    drop(stream);
    assert_eq!(calls_and_failures(&circuit.handle()), (0, 0));
}

#[tokio::test]
async fn a_stream_over_the_servers_own_limit_frees_its_place_and_is_a_failure_there() {
    let (health, _) = scripted(|_| Reply::Open);
    let (circuit, places) = (counting().build().unwrap(), BulkheadLayer::grpc(1).build().unwrap());
    let (at_circuit, at_places) = (circuit.handle(), places.handle());
    let server = Server::builder().layer(places).layer(TimeoutLayer::grpc(LIMIT)).layer(circuit);
    let mut client = HealthClient::new(channel(serve(server, health).await));
    let mut stream = client.watch(ask()).await.unwrap().into_inner();
    assert!(next(&mut stream).await.unwrap().is_some());
    assert_eq!(at_places.in_flight(), 1);
    next(&mut stream).await.unwrap_err();
    until("the place is free", || at_places.in_flight() == 0).await;
    assert_eq!(calls_and_failures(&at_circuit), (1, 1));
}

#[tokio::test]
async fn an_attempt_over_its_limit_is_a_failure_in_the_circuit_around_it_and_is_asked_again() {
    let (addr, calls) = serve_script(|call| match call {
        0 => Reply::Never,
        _ => Reply::Served,
    })
    .await;
    let circuit = counting().build().unwrap();
    let stack = ServiceBuilder::new()
        .layer(at_once().build().unwrap())
        .layer(circuit.clone())
        .layer(TimeoutLayer::grpc(LIMIT))
        .service(channel(addr));
    soon(HealthClient::new(stack).check(ask())).await.unwrap();
    assert_eq!((calls.count(), calls_and_failures(&circuit.handle())), (2, (2, 1)));
}

#[tokio::test]
async fn a_stream_over_the_limit_of_its_attempt_is_a_failure_and_not_asked_for_again() {
    let (addr, calls) = serve_script(|_| Reply::Open).await;
    let circuit = counting().build().unwrap();
    let stack = ServiceBuilder::new()
        .layer(at_once().build().unwrap())
        .layer(circuit.clone())
        .layer(TimeoutLayer::grpc(LIMIT))
        .service(channel(addr));
    let stream = HealthClient::new(stack).watch(ask()).await.unwrap().into_inner();
    assert!(is_ours(&drain(stream).await.unwrap_err()));
    assert_eq!((calls.count(), calls_and_failures(&circuit.handle())), (1, (1, 1)));
}
