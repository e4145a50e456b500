//! What becomes of a tonic client's calls when their server goes, behind the layers in their order.

use std::time::Duration;

use palisade::{
    Backoff, BulkheadLayer, CircuitBreakerLayer, RetryLayer, TimeoutLayer,
    grpc::GrpcClassifier,
    http::{AnswerLayer, DeadlineLayer, Http},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::yield_now,
    time::timeout,
};
use tonic::{
    Code, Status,
    transport::{Channel, Server},
};
use tonic_health::pb::{health_client::HealthClient, health_server::HealthServer};
use tower::ServiceBuilder;

use crate::answers::{
    MILLI, SECOND,
    health::{AsAsked, ask, assert_own, channel, listen, plain, pushback},
};

fn circuit() -> CircuitBreakerLayer<Http<GrpcClassifier>> {
    CircuitBreakerLayer::grpc("secret").consecutive(1).open_for(Backoff::constant(3600 * SECOND)).build().unwrap()
}

fn open() -> CircuitBreakerLayer<Http<GrpcClassifier>> {
    let layer = circuit();
    layer.handle().try_enter().unwrap().failure();
    layer
}

/// The layers of a client in their order, without the outermost.
macro_rules! stack {
    ($channel:expr, $limit:expr, $circuit:expr) => {
        ServiceBuilder::new()
            .layer(TimeoutLayer::grpc($limit))
            .layer(RetryLayer::grpc("secret").max_attempts(2).backoff(Backoff::none()).build().unwrap())
            .layer($circuit)
            .layer(DeadlineLayer::grpc())
            .service($channel)
    };
}

/// How a check ends, with the layer that makes answers of errors, and without.
macro_rules! both_ends {
    ($service:expr; $($stack:tt)+) => {{
        let answers = ServiceBuilder::new().layer(AnswerLayer::grpc()).service(stack!($($stack)+));
        let with = HealthClient::new(answers).check(ask($service)).await.unwrap_err();
        [with, HealthClient::new(stack!($($stack)+)).check(ask($service)).await.unwrap_err()]
    }};
}

const PATIENT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let (incoming, address) = listen();
    drop(incoming);
    let ends = both_ends!(""; channel(address), PATIENT, circuit());
    assert_eq!(ends.map(|status| status.code()), [Code::Unavailable; 2]);
}

#[tokio::test]
async fn an_open_circuit_is_unavailable_and_its_answer_tells_when_to_come_back() {
    let [with, without] = both_ends!(""; plain(), PATIENT, open());
    assert_eq!([with.code(), without.code()], [Code::Unavailable; 2]);
    assert!(pushback(&with).is_some_and(|millis| (3_000_000..=3_600_000).contains(&millis)), "{with:?}");
}

#[tokio::test]
async fn a_call_out_of_time_is_deadline_exceeded() {
    let ends = both_ends!("hang"; plain(), 100 * MILLI, circuit());
    assert_eq!(ends.map(|status| status.code()), [Code::DeadlineExceeded; 2]);
}

#[tokio::test]
async fn a_services_own_status_stays_whole() {
    for status in both_ends!("own"; plain(), PATIENT, circuit()) {
        assert_own(&status);
    }
}

/// Claims that a broken stream is told in words of our own.
fn assert_broken(status: &Status) {
    assert_ne!(status.code(), Code::Unknown, "{status:?}");
    let words = ["the service failed", "the service is not available at present"];
    assert!(words.contains(&status.message()), "{status:?}");
}

/// A channel to a server behind a pipe, and what cuts that.
async fn piped() -> (Channel, oneshot::Sender<()>) {
    let (incoming, server) = listen();
    tokio::spawn(Server::builder().add_service(HealthServer::new(AsAsked)).serve_with_incoming(incoming));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (cut, is_cut) = oneshot::channel();
    tokio::spawn(async move {
        let mut client = listener.accept().await.unwrap().0;
        let mut server = TcpStream::connect(server).await.unwrap();
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => {}
            _ = is_cut => {}
        }
    });
    (channel(address), cut)
}

#[tokio::test]
async fn a_server_that_goes_away_ends_a_stream_and_a_call_in_words_of_ours() {
    let (channel, cut) = piped().await;
    let bulkhead = BulkheadLayer::grpc(2).build().unwrap();
    let places = bulkhead.handle();
    let layers = ServiceBuilder::new().layer(AnswerLayer::grpc()).layer(TimeoutLayer::grpc(PATIENT)).layer(bulkhead);
    let mut client = HealthClient::new(layers.layer(circuit()).service(channel));
    let mut stream = client.watch(ask("")).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    let hanging = tokio::spawn(async move { client.check(ask("hang")).await });
    let sent = async {
        while places.in_flight() < 2 {
            yield_now().await;
        }
    };
    timeout(PATIENT, sent).await.unwrap();
    cut.send(()).unwrap();
    assert_broken(&stream.message().await.unwrap_err());
    assert_broken(&hanging.await.unwrap().unwrap_err());
}

#[tokio::test]
async fn a_stream_that_its_server_resets_ends_in_words_of_ours() {
    let (incoming, address) = listen();
    // It has no layer that makes an answer of its own timeout.
    let mut server = Server::builder().layer(TimeoutLayer::grpc(100 * MILLI));
    tokio::spawn(server.add_service(HealthServer::new(AsAsked)).serve_with_incoming(incoming));
    let stack = ServiceBuilder::new().layer(AnswerLayer::grpc()).service(stack!(channel(address), PATIENT, circuit()));
    let mut stream = HealthClient::new(stack).watch(ask("")).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    assert_broken(&stream.message().await.unwrap_err());
}
