//! The layers on a tonic client, over a real channel.

use std::future::pending;

use axum::Router;
use http::Request;
use palisade::{
    BulkheadLayer, Deadline, Error, TimeoutLayer,
    http::{AnswerLayer, DeadlineLayer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tonic::{Code, transport::Channel};
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;

use crate::answers::{
    MILLI, SECOND, forced_open, full,
    health::{ask, assert_own, channel, listen, plain, pushback},
    open_for,
};

/// A client under these layers.
macro_rules! client {
    ($channel:expr; $($layer:expr),+) => {
        HealthClient::new(ServiceBuilder::new()$(.layer($layer))+.service($channel))
    };
}

/// The status of a check that fails under these layers.
macro_rules! refused {
    ($service:expr; $($layer:expr),+) => { client!(plain(); $($layer),+).check(ask($service)).await.unwrap_err() };
}

#[tokio::test]
async fn an_open_circuit_is_unavailable_with_pushback() {
    let status = refused!(""; AnswerLayer::grpc(), open_for(3600 * SECOND));
    assert_eq!(status.code(), Code::Unavailable);
    assert!(pushback(&status).is_some_and(|millis| (3_000_000..=3_600_000).contains(&millis)));
}

#[tokio::test]
async fn a_full_bulkhead_is_resource_exhausted() {
    let status = refused!(""; AnswerLayer::grpc(), full());
    assert_eq!((status.code(), pushback(&status)), (Code::ResourceExhausted, None));
}

#[tokio::test]
async fn a_timeout_is_deadline_exceeded() {
    assert_eq!(refused!("hang"; AnswerLayer::grpc(), TimeoutLayer::new(50 * MILLI)).code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_services_own_status_passes_unchanged() {
    assert_own(&refused!("own"; AnswerLayer::grpc(), BulkheadLayer::new(1), TimeoutLayer::new(60 * SECOND)));
    assert_own(&refused!("own"; BulkheadLayer::new(1), TimeoutLayer::new(60 * SECOND)));
}

#[tokio::test]
async fn an_answer_passes() {
    let mut client = client!(plain(); AnswerLayer::grpc(), BulkheadLayer::new(1), TimeoutLayer::new(60 * SECOND));
    assert_eq!(client.check(ask("")).await.unwrap().into_inner().status, 1);
    let mut stream = client.watch(ask("own")).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().status, 1);
    assert_own(&stream.message().await.unwrap_err());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let (incoming, address) = listen();
    drop(incoming);
    let mut client = client!(channel(address); AnswerLayer::grpc(), BulkheadLayer::new(1));
    assert_eq!(client.check(ask("")).await.unwrap_err().code(), Code::Unavailable);
}

/// A channel to a server that resets a stream as soon as it is opened, with a code that gRPC does not know.
async fn rude() -> Channel {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { reset(listener.accept().await.unwrap().0).await });
    channel(address)
}

/// Speaks as much HTTP/2 (RFC 9113) as it takes to reset stream 1 with `STREAM_CLOSED`.
async fn reset(mut stream: TcpStream) {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const RESET: [u8; 13] = [0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 5];
    stream.read_exact(&mut [0; 24]).await.unwrap(); // the preface
    stream.write_all(&SETTINGS).await.unwrap();
    let mut head = [0; 9];
    while stream.read_exact(&mut head).await.is_ok() {
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        stream.read_exact(&mut payload).await.unwrap();
        if head[3] == 1 {
            stream.write_all(&RESET).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_stream_that_breaks_is_not_unknown() {
    let mut client = client!(rude().await; AnswerLayer::grpc(), BulkheadLayer::new(1));
    let status = client.check(ask("")).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Internal, "the service failed"));
}

/// A channel to a server that never answers, and knows nothing of `grpc-timeout`.
async fn silent() -> Channel {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(pending::<()>);
    tokio::spawn(async move { axum::serve(listener, router).await });
    channel(address)
}

/// Puts a deadline of the caller's into each request.
fn due_soon<B>(mut request: Request<B>) -> Request<B> {
    request.extensions_mut().insert(Deadline::after(50 * MILLI));
    request
}

#[tokio::test]
async fn tonics_own_timeout_at_the_deadline_it_was_told_is_deadline_exceeded() {
    let stack = ServiceBuilder::new().layer(AnswerLayer::grpc()).map_request(due_soon).layer(DeadlineLayer::grpc());
    let status = HealthClient::new(stack.service(silent().await)).check(ask("")).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn without_an_answer_layer_the_codes_are_the_same() {
    assert_eq!(refused!(""; open_for(3600 * SECOND)).code(), Code::Unavailable);
    assert_eq!(refused!(""; forced_open()).code(), Code::Unavailable);
    assert_eq!(refused!(""; full()).code(), Code::ResourceExhausted);
    let status = refused!("hang"; TimeoutLayer::new(50 * MILLI));
    assert_eq!((status.code(), status.message()), (Code::DeadlineExceeded, "the call ran out of time"));
    let source = std::error::Error::source(&status).unwrap();
    assert!(source.downcast_ref::<Error>().is_some_and(Error::is_timeout));
}
