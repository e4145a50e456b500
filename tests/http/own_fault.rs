//! Requests whose own body fails: that says nothing about the service.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use axum::Router;
use axum::routing::put;
use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::channel::Channel;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use palisade::http::ReplayBody;
use palisade::test_util::{Fault, FaultProxy};
use palisade::{CircuitHandle, Error};
use tokio::io::AsyncReadExt;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

use crate::circuit::{built, counted, counting};
use crate::client::{Wire, call, client, on_both, retry_of, text};
use crate::patience::soon;
use crate::server::{Sender, Server, empty, reply, uri};
use crate::sockets::{serve_each, serve_router};

type Own = UnsyncBoxBody<Bytes, BoxError>;

/// A body of these frames, which may break.
fn of<const N: usize>(frames: [Result<&'static str, io::Error>; N]) -> Own {
    let frames = frames.map(|frame| frame.map(|data| Frame::data(Bytes::from_static(data.as_bytes()))));
    Own::new(StreamBody::new(stream::iter(frames)).map_err(BoxError::from))
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
) -> Guarded<
    impl Service<Request<Own>, Response = Response<impl Body<Data = Bytes, Error = Error>>, Error = Error> + Clone,
> {
    let ((breaker, circuit), attempts) = (built(counting()), Arc::<AtomicUsize>::default());
    let seen = Arc::clone(&attempts);
    let client = client(wire).map_request(move |request: Request<ReplayBody<Own>>| {
        seen.fetch_add(1, SeqCst);
        request
    });
    let stack = ServiceBuilder::new().layer(retry_of().build().unwrap()).layer(breaker).service(client);
    Guarded { stack, circuit, attempts }
}

#[tokio::test]
async fn a_request_whose_body_fails_counts_nothing_and_is_sent_once() {
    let fails = || Err(io::Error::other("no more can be read"));
    let bodies: [(&str, &dyn Fn() -> Own); 4] = [
        ("breaks", &|| of([Ok("half"), fails()])),
        ("breaks at once", &|| of([fails()])),
        ("finds its own source refused", &|| of([Ok("half"), Err(io::ErrorKind::ConnectionRefused.into())])),
        ("exceeds its limit", &|| Own::new(Limited::new(Full::<Bytes>::from("more than that"), 4))),
    ];
    on_both(async |wire| {
        for (label, body) in bodies {
            let (server, guarded) = (Server::start(|_, _| reply(empty(200))).await, guarded(wire));
            for nth in 1..=3 {
                let error = call(&guarded.stack, upload(server.uri("/"), body())).await.map(drop).unwrap_err();
                assert!(!palisade::http::not_sent(&error), "it {label}");
                let seen = (guarded.attempts.load(SeqCst), counted(&guarded.circuit));
                assert_eq!(seen, (nth, (0, 0)), "it {label}");
            }
            assert_eq!(server.calls(), 0);
        }
    })
    .await;
}

#[tokio::test]
async fn an_upload_that_the_service_cuts_is_a_failure() {
    on_both(async |wire| {
        let addr = serve_each(async |mut socket| {
            let mut arrived = Vec::new();
            while socket.read_buf(&mut arrived).await.is_ok_and(|bytes| bytes > 0) {
                if arrived.windows(4).any(|bytes| bytes == b"half") {
                    break;
                }
            }
        })
        .await;
        let (guarded, (_sender, body)) = (guarded(wire), held_up());
        assert!(call(&guarded.stack, upload(uri(addr, "/"), body)).await.is_err());
        assert_eq!((guarded.attempts.load(SeqCst), counted(&guarded.circuit)), (3, (1, 1)));
    })
    .await;
}

/// Answers with what it is sent, as it comes.
fn echo() -> Router {
    Router::new().route("/", put(async |body: axum::body::Body| body))
}

#[tokio::test]
async fn a_response_cut_while_its_request_goes_on_is_a_failure() {
    on_both(async |wire| {
        let proxy = FaultProxy::start(serve_router(echo()).await).await.unwrap();
        let (guarded, (_sender, body)) = (guarded(wire), held_up());
        let mut answer = call(&guarded.stack, upload(uri(proxy.addr(), "/"), body)).await.unwrap();
        soon(answer.body_mut().frame()).await.unwrap().unwrap();
        assert_eq!(counted(&guarded.circuit), (0, 0));
        proxy.set(Fault::Reset);
        assert!(text(answer).await.is_err());
        assert_eq!(counted(&guarded.circuit), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn an_http_2_response_that_its_request_broke_counts_nothing() {
    let (guarded, (sender, body)) = (guarded(Wire::Http2), held_up());
    let at = uri(serve_router(echo()).await, "/");
    let answer = call(&guarded.stack, upload(at, body)).await.unwrap();
    sender.abort(io::Error::other("no more can be read"));
    assert!(text(answer).await.is_err());
    assert_eq!(counted(&guarded.circuit), (0, 0));
}
