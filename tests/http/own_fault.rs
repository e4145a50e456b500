//! Requests whose own body fails: that says nothing about the service.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use axum::{Router, routing::put};
use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full, Limited, StreamBody, channel::Channel, combinators::UnsyncBoxBody};
use palisade::{Backoff, CircuitHandle, Error, Phase, http::ReplayBody};
use tokio::{io::AsyncReadExt, net::TcpListener, task::JoinSet};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

use crate::{
    circuit::{Breaker, consecutive},
    client::{Wire, call, client, eventually, ms, on_both, retry_of, soon, status, text},
    proxy::{Fault, Proxy},
    server::{Sender, Server, empty, reply, uri},
};

type Own = UnsyncBoxBody<Bytes, BoxError>;

fn breaks() -> Own {
    let frames = [Ok(Frame::data(Bytes::from_static(b"half"))), Err(io::Error::other("no more can be read"))];
    Own::new(StreamBody::new(stream::iter(frames)).map_err(BoxError::from))
}

fn breaks_at_once() -> Own {
    let frames = [Err::<Frame<Bytes>, _>(io::Error::other("nothing can be read"))];
    Own::new(StreamBody::new(stream::iter(frames)).map_err(BoxError::from))
}

fn exceeds_its_limit() -> Own {
    Own::new(Limited::new(Full::<Bytes>::from("more than that"), 4))
}

fn good() -> Own {
    Own::new(Full::<Bytes>::from("all").map_err(|never| match never {}))
}

/// A body that goes on with what is sent.
fn held_up() -> (Sender, Own) {
    let (mut sender, body) = Channel::<Bytes, io::Error>::new(1);
    sender.try_send(Frame::data(Bytes::from_static(b"half"))).unwrap();
    (sender, Own::new(body.map_err(BoxError::from)))
}

fn upload(uri: impl AsRef<str>, body: Own) -> Request<Own> {
    Request::put(uri.as_ref()).body(body).unwrap()
}

/// A retry and a circuit over a client.
struct Guarded<S> {
    stack: S,
    circuit: CircuitHandle,
    /// How many requests the client was given.
    attempts: Arc<AtomicUsize>,
}

fn guarded(
    wire: Wire,
    breaker: Breaker,
) -> Guarded<
    impl Service<Request<Own>, Response = Response<impl Body<Data = Bytes, Error = Error>>, Error = Error> + Clone,
> {
    let breaker = breaker.build().unwrap();
    let (circuit, attempts) = (breaker.handle(), Arc::<AtomicUsize>::default());
    let seen = Arc::clone(&attempts);
    let client = client(wire).map_request(move |request: Request<ReplayBody<Own>>| {
        seen.fetch_add(1, SeqCst);
        request
    });
    let stack = ServiceBuilder::new().layer(retry_of().build().unwrap()).layer(breaker).service(client);
    Guarded { stack, circuit, attempts }
}

/// Opens at the first failure.
fn strict() -> Breaker {
    consecutive(1).failure_rate(1.0).min_calls(1)
}

#[tokio::test]
async fn a_request_whose_own_body_fails_counts_for_nothing_and_is_sent_once() {
    on_both(async |wire| {
        for body in [breaks, breaks_at_once, exceeds_its_limit] {
            let server = Server::start(|_, _| reply(empty(200))).await;
            let guarded = guarded(wire, strict());
            for nth in 1..=3 {
                assert!(call(&guarded.stack, upload(server.uri("/"), body())).await.is_err());
                let snapshot = guarded.circuit.snapshot();
                assert_eq!(
                    (guarded.attempts.load(SeqCst), snapshot.phase, snapshot.counts.calls),
                    (nth, Phase::Closed, 0)
                );
            }
            assert_eq!(server.calls(), 0);
        }
    })
    .await;
}

#[tokio::test]
async fn a_probe_whose_own_body_fails_leaves_the_verdict_to_the_next() {
    on_both(async |wire| {
        let server = Server::start(|nth, _| reply(empty(if nth == 1 { 500 } else { 200 }))).await;
        let guarded = guarded(wire, consecutive(1).probes(1).open_for(Backoff::constant(ms(20))));
        let is_over = || guarded.circuit.snapshot().retry_after.is_some_and(|left| left.is_zero());
        assert_eq!(status(&guarded.stack, upload(server.uri("/"), good())).await.unwrap(), 500);
        eventually("the open time is over", is_over).await;
        assert!(call(&guarded.stack, upload(server.uri("/"), breaks())).await.is_err());
        assert_eq!(guarded.circuit.phase(), Phase::HalfOpen);
        assert_eq!(status(&guarded.stack, upload(server.uri("/"), good())).await.unwrap(), 200);
        assert_eq!(guarded.circuit.phase(), Phase::Closed);
    })
    .await;
}

/// Takes connections, and cuts each once half of an upload is there.
async fn cut_half_way(listener: TcpListener) {
    while let Ok((mut socket, _)) = listener.accept().await {
        let mut arrived = Vec::new();
        while socket.read_buf(&mut arrived).await.is_ok_and(|bytes| bytes > 0) {
            if arrived.windows(4).any(|bytes| bytes == b"half") {
                break;
            }
        }
    }
}

#[tokio::test]
async fn an_upload_that_the_service_cuts_is_a_failure_each_time() {
    on_both(async |wire| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = uri(listener.local_addr().unwrap(), "/");
        let guarded = guarded(wire, consecutive(100).failure_rate(1.0).min_calls(100));
        let (_sender, body) = held_up();
        let mut cutting = JoinSet::new();
        cutting.spawn(cut_half_way(listener));
        assert!(call(&guarded.stack, upload(at, body)).await.is_err());
        let counts = guarded.circuit.snapshot().counts;
        assert_eq!((guarded.attempts.load(SeqCst), counts.calls, counts.failures), (3, 3, 3));
    })
    .await;
}

/// Answers with what it is sent, as it comes.
async fn echo() -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let mut serving = JoinSet::new();
    let router = Router::new().route("/", put(async |body: axum::body::Body| body));
    serving.spawn(async { axum::serve(listener, router).await.unwrap() });
    (addr, serving)
}

#[tokio::test]
async fn an_answer_that_the_service_cuts_while_its_request_goes_on_is_a_failure() {
    on_both(async |wire| {
        let (addr, _serving) = echo().await;
        let proxy = Proxy::start(addr, []).await.unwrap();
        let guarded = guarded(wire, strict());
        let (_sender, body) = held_up();
        let mut answer = call(&guarded.stack, upload(uri(proxy.addr(), "/"), body)).await.unwrap();
        soon(answer.body_mut().frame()).await.unwrap().unwrap();
        assert_eq!(guarded.circuit.phase(), Phase::Closed);
        proxy.set(Fault::Reset);
        assert!(text(answer).await.is_err());
        assert_eq!(guarded.circuit.phase(), Phase::Open);
    })
    .await;
}

#[tokio::test]
async fn an_answer_of_http_2_that_breaks_because_its_request_did_counts_for_nothing() {
    let (addr, _serving) = echo().await;
    let guarded = guarded(Wire::Http2, strict());
    let (sender, body) = held_up();
    let answer = call(&guarded.stack, upload(uri(addr, "/"), body)).await.unwrap();
    sender.abort(io::Error::other("no more can be read"));
    assert!(text(answer).await.is_err());
    let snapshot = guarded.circuit.snapshot();
    assert_eq!((snapshot.phase, snapshot.counts.calls), (Phase::Closed, 0));
}
