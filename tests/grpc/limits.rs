//! Limits, ours and the server's.

use std::net::SocketAddr;
use std::time::Duration;

use palisade::{BulkheadLayer, Error, TimeoutLayer};
use tonic::transport::Server;
use tonic::{Code, Status};
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;

use crate::client::{ask, at_once, channel, counted, counting, drain, next, own};
use crate::patience::{eventually, ms, secs, soon};
use crate::server::{Calls, Reply, scripted, serve, serve_script};
use crate::support::now;

const LIMIT: Duration = ms(150);

fn is_ours(status: &Status) -> bool {
    matches!(own(status), Some(Error::TimedOut(elapsed)) if elapsed.limit() == LIMIT)
}

/// A client with a circuit under these layers, and the circuit's handle.
macro_rules! client {
    ($addr:expr; $($over:expr),*; $($under:expr),*) => {{
        let circuit = counting().build().unwrap();
        let stack = ServiceBuilder::new()$(.layer($over))*.layer(circuit.clone())$(.layer($under))*;
        (HealthClient::new(stack.service(channel($addr))), circuit.handle())
    }};
}

#[tokio::test]
async fn a_call_over_the_limit_is_a_failure_in_the_circuit_inside() {
    let (addr, _) = serve_script(|_| Reply::Open).await;
    let (mut client, circuit) = client!(addr; TimeoutLayer::grpc(LIMIT););
    let begun = now();
    let mut stream = client.watch(ask()).await.unwrap().into_inner();
    assert!(next(&mut stream).await.unwrap().is_some());
    assert_eq!(counted(&circuit), (0, 0));
    assert!(is_ours(&next(&mut stream).await.unwrap_err()));
    assert!(begun.elapsed() >= LIMIT);
    assert_eq!(counted(&circuit), (1, 1));

    let (addr, _) = serve_script(|_| Reply::Never).await;
    let (mut client, circuit) = client!(addr; TimeoutLayer::grpc(LIMIT););
    assert!(is_ours(&soon(client.check(ask())).await.unwrap_err()));
    assert_eq!(counted(&circuit), (1, 1));
}

#[tokio::test]
async fn a_stream_that_pauses_too_long_fails_in_the_circuit_inside() {
    let (addr, _) = serve_script(|_| Reply::Open).await;
    let (mut client, circuit) = client!(addr; TimeoutLayer::grpc(secs(60)).between_frames(LIMIT););
    let mut stream = client.watch(ask()).await.unwrap().into_inner();
    assert!(next(&mut stream).await.unwrap().is_some());
    let status = next(&mut stream).await.unwrap_err();
    assert_eq!((is_ours(&status), status.code()), (true, Code::DeadlineExceeded));
    assert_eq!(counted(&circuit), (1, 1));

    let (addr, _) = serve_script(|_| Reply::Paced(LIMIT)).await;
    let (mut client, circuit) = client!(addr; TimeoutLayer::new(secs(60)).between_frames(secs(60)););
    assert_eq!(drain(client.watch(ask()).await.unwrap().into_inner()).await.unwrap(), 3);
    assert_eq!(counted(&circuit), (1, 0));
}

#[tokio::test]
async fn an_attempt_over_its_limit_is_retried_only_before_its_head() {
    let (addr, calls) = serve_script(|call| if call == 0 { Reply::Never } else { Reply::Served }).await;
    let (mut client, circuit) = client!(addr; at_once().build().unwrap(); TimeoutLayer::grpc(LIMIT));
    soon(client.check(ask())).await.unwrap();
    assert_eq!((calls.count(), counted(&circuit)), (2, (2, 1)));

    let (addr, calls) = serve_script(|_| Reply::Open).await;
    let (mut client, circuit) = client!(addr; at_once().build().unwrap(); TimeoutLayer::grpc(LIMIT));
    let stream = client.watch(ask()).await.unwrap().into_inner();
    assert!(is_ours(&drain(stream).await.unwrap_err()));
    assert_eq!((calls.count(), counted(&circuit)), (1, (1, 1)));
}

/// A server that itself ends calls, as tonic does, and what it saw.
async fn serve_impatiently() -> (SocketAddr, Calls) {
    let (health, calls) = scripted(|_| Reply::Never);
    (serve(Server::builder().timeout(ms(20)), health).await, calls)
}

#[tokio::test]
async fn a_time_out_of_the_servers_is_a_failure_and_not_asked_again() {
    let (says_so, exceeded) = serve_script(|_| Reply::Status(Status::deadline_exceeded("too slow"))).await;
    let (tonics, cancelled) = serve_impatiently().await;
    for (addr, calls, code) in [(says_so, exceeded, Code::DeadlineExceeded), (tonics, cancelled, Code::Cancelled)] {
        let (mut client, circuit) = client!(addr; at_once().build().unwrap(););
        assert_eq!(client.check(ask()).await.unwrap_err().code(), code);
        assert_eq!((calls.count(), counted(&circuit)), (1, (1, 1)), "{code:?}");
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_before_the_limit_is_no_failure() {
    let (addr, _) = serve_script(|_| Reply::Open).await;
    let (mut client, circuit) = client!(addr; TimeoutLayer::grpc(secs(60)););
    let mut stream = client.watch(ask()).await.unwrap().into_inner();
    assert!(next(&mut stream).await.unwrap().is_some());
    tokio::time::timeout(ms(10), stream.message()).await.unwrap_err();
    drop(stream);
    assert_eq!(counted(&circuit), (1, 0), "a message came");
}

#[tokio::test]
async fn a_stream_over_the_servers_limit_fails_and_frees_its_place() {
    let (health, _) = scripted(|_| Reply::Open);
    let (circuit, places) = (counting().build().unwrap(), BulkheadLayer::grpc(1).build().unwrap());
    let (at_circuit, at_places) = (circuit.handle(), places.handle());
    let server = Server::builder().layer(places).layer(TimeoutLayer::grpc(LIMIT)).layer(circuit);
    let mut client = HealthClient::new(channel(serve(server, health).await));
    let mut stream = client.watch(ask()).await.unwrap().into_inner();
    assert!(next(&mut stream).await.unwrap().is_some());
    assert_eq!(at_places.in_flight(), 1);
    next(&mut stream).await.unwrap_err();
    eventually("the place is free", || at_places.in_flight() == 0).await;
    assert_eq!(counted(&at_circuit), (1, 1));
}
