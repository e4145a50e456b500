//! Servers that nobody reaches.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use http::Request;
use palisade::http::{AnswerLayer, Attempt};
use palisade::{CircuitBreakerLayer, Phase, RejectionReason, TimeoutLayer};
use tonic::Code;
use tonic::body::Body;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;

use crate::client::{ask, at_once, channel, counted, counting, rejection};
use crate::patience::secs;
use crate::server::{Reply, scripted};
use crate::sockets::refusing;

#[tokio::test]
async fn where_nobody_listens_is_asked_again_and_is_unavailable() {
    let (_socket, addr) = refusing();
    let (circuit, sent) = (counting().build().unwrap(), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&sent);
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::grpc(secs(30)))
        .layer(at_once().build().unwrap())
        .layer(circuit.clone())
        .map_request(move |request: Request<Body>| {
            seen.fetch_add(1, Ordering::SeqCst);
            request
        })
        .service(channel(addr));
    let mut client = HealthClient::new(stack.clone());
    assert_eq!(client.check(ask()).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(client.watch(ask()).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!((sent.load(Ordering::SeqCst), counted(&circuit.handle())), (6, (2, 2)));
    let mut answered = HealthClient::new(ServiceBuilder::new().layer(AnswerLayer::grpc()).service(stack));
    assert_eq!(answered.check(ask()).await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_circuit_that_opens_does_not_hide_that_nobody_listens() {
    let (_socket, addr) = refusing();
    let circuit = CircuitBreakerLayer::grpc("health").consecutive(2).build().unwrap();
    let stack = ServiceBuilder::new().layer(at_once().build().unwrap()).layer(circuit.clone()).service(channel(addr));
    let mut client = HealthClient::new(stack);
    assert_eq!(client.check(ask()).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!((circuit.handle().phase(), circuit.handle().snapshot().rejected), (Phase::Open, 1));
    assert_eq!(rejection(&client.check(ask()).await.unwrap_err()), Some(RejectionReason::CircuitOpen));
}

#[tokio::test]
async fn a_server_that_comes_up_between_attempts_is_reached() {
    let ((socket, addr), (health, calls)) = (refusing(), scripted(|_| Reply::Served));
    let coming_up = Arc::new(Mutex::new(Some((socket, health))));
    let stack = ServiceBuilder::new()
        .layer(at_once().build().unwrap())
        .map_request(move |request: Request<Body>| {
            if Attempt::of(&request) == Attempt(2) {
                let (socket, health) = coming_up.lock().unwrap().take().unwrap();
                let incoming = TcpIncoming::from(socket.listen(8).unwrap());
                tokio::spawn(Server::builder().add_service(health).serve_with_incoming(incoming));
            }
            request
        })
        .service(channel(addr));
    HealthClient::new(stack).check(ask()).await.unwrap();
    let seen = calls.seen();
    assert_eq!((seen.len(), seen[0].previous_attempts.as_deref()), (1, Some("1")));
    assert_eq!(seen[0].message, ask().service);
}
