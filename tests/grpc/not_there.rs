//! Servers that nobody reaches.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::Request;
use palisade::{CircuitBreakerLayer, Phase, RejectionReason, TimeoutLayer, http::Attempt};
use tokio::net::TcpSocket;
use tonic::{Code, body::Body, transport::Server};
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;

use crate::{
    client::{ask, at_once, channel, counting, rejection},
    server::{Reply, scripted, serve_on},
};

/// A port where nobody listens for as long as this is held.
fn silent() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().expect("there is a socket");
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port is free");
    let addr = socket.local_addr().expect("it is bound");
    (socket, addr)
}

#[tokio::test]
async fn where_nobody_listens_is_asked_again_and_is_unavailable_in_the_end() {
    let (_socket, addr) = silent();
    let (circuit, sent) = (counting().build().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&sent);
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::grpc(Duration::from_secs(30)))
        .layer(at_once().build().unwrap())
        .layer(circuit.clone())
        .map_request(move |request: Request<Body>| {
            counted.fetch_add(1, Ordering::SeqCst);
            request
        })
        .service(channel(addr));
    let mut client = HealthClient::new(stack);
    assert_eq!(client.check(ask()).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(client.watch(ask()).await.unwrap_err().code(), Code::Unavailable);
    let counts = circuit.handle().snapshot().counts;
    assert_eq!((sent.load(Ordering::SeqCst), counts.calls, counts.failures), (6, 6, 6));
}

#[tokio::test]
async fn the_circuit_that_ends_the_retrying_does_not_hide_that_nobody_listens() {
    let (_socket, addr) = silent();
    let circuit = CircuitBreakerLayer::grpc("health").consecutive(2).build().unwrap();
    let stack = ServiceBuilder::new().layer(at_once().build().unwrap()).layer(circuit.clone()).service(channel(addr));
    let mut client = HealthClient::new(stack);
    assert_eq!(client.check(ask()).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!((circuit.handle().phase(), circuit.handle().snapshot().rejected), (Phase::Open, 1));
    assert_eq!(rejection(&client.check(ask()).await.unwrap_err()), Some(RejectionReason::CircuitOpen));
}

#[tokio::test]
async fn a_server_that_comes_up_between_attempts_is_reached() {
    let (socket, addr) = silent();
    let (health, calls) = scripted(|_| Reply::Served);
    let coming_up = Arc::new(Mutex::new(Some((socket, health))));
    let stack = ServiceBuilder::new()
        .layer(at_once().build().unwrap())
        .map_request(move |request: Request<Body>| {
            if request.extensions().get() == Some(&Attempt(2)) {
                let (socket, health) = coming_up.lock().unwrap().take().unwrap();
                serve_on(socket.listen(8).unwrap(), Server::builder(), health);
            }
            request
        })
        .service(channel(addr));
    HealthClient::new(stack).check(ask()).await.unwrap();
    let seen = calls.seen();
    assert_eq!((seen.len(), seen[0].previous_attempts.as_deref()), (1, Some("1")));
    assert_eq!(seen[0].message, ask().service);
}
