//! Clients that go away at every moment of a call, and the places that they leave.

use std::convert::Infallible;

use axum::body::{Body, Bytes as Whole};
use axum::extract::Request;
use axum::routing::{get, post};
use futures_util::stream;
use palisade::http::AnswerLayer;
use palisade::test_util::drop_after;
use palisade::{BulkheadHandle, CircuitHandle, PerKeyHandle, Phase, TimeoutLayer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, yield_now};
use tower::ServiceBuilder;

use super::*;
use crate::circuit::{built, consecutive};
use crate::patience::{HOUR, soon};

/// Some of them are in the handler's body at once, and some wait for a place.
const PLACES: usize = 3;

/// Drips without end, once the request is there whole.
async fn drips(_: Whole) -> Body {
    let drip = async |()| {
        yield_now().await;
        Some((Ok::<_, Infallible>("drip"), ()))
    };
    Body::from_stream(stream::unfold((), drip))
}

/// Never answers. A server of HTTP/1 notices that a client is gone once the request was read.
async fn hangs(_: Whole) -> StatusCode {
    std::future::pending().await
}

/// A server whose calls hold a place of their path's own, and one of all, above a circuit that opens at a failure.
struct Guarded {
    server: Server,
    paths: PerKeyHandle<String, BulkheadHandle>,
    all: BulkheadHandle,
    circuit: CircuitHandle,
}

impl Guarded {
    async fn start() -> Self {
        let path = |request: &Request| request.uri().path().to_owned();
        let of_path = BulkheadLayer::http(2).max_queue(100).per_key(path).build().unwrap();
        let of_all = BulkheadLayer::http(PLACES).max_queue(5).build().unwrap();
        let ((breaker, circuit), paths, all) = (built(consecutive(1)), of_path.handle(), of_all.handle());
        let layers = ServiceBuilder::new().layer(AnswerLayer::http()).layer(TimeoutLayer::http(HOUR));
        let router = Router::new()
            .route("/drips", post(drips))
            .route("/hangs", post(hangs))
            .route("/well", get(async || "well"))
            .layer(layers.layer(of_path).layer(of_all).layer(breaker));
        Self { server: Server::start((["/drips", "/hangs"], router)).await, paths, all, circuit }
    }

    fn is_at_rest(&self) -> bool {
        let paths = self.paths.keys().into_iter().filter_map(|path| self.paths.get(&path));
        paths.chain([self.all.clone()]).all(|places| (places.in_flight(), places.queued()) == (0, 0))
    }

    /// Waits until every place is free, and takes one.
    async fn comes_to_rest(&self) {
        soon(until(|| self.is_at_rest())).await;
        assert_eq!(self.server.client(Wire::Http1).get("/well", "").await.unwrap().0, 200);
        let snapshot = self.circuit.snapshot();
        assert_eq!((snapshot.phase, snapshot.counts.consecutive), (Phase::Closed, 0));
    }
}

/// Sends so many bytes of a request, reads so many of what is answered, and goes.
async fn cut(addr: SocketAddr, request: String, sent: usize, read: u64) {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(&request.as_bytes()[..sent]).await.unwrap();
    // It ends sooner where there is no room in the queue.
    stream.take(read).read_to_end(&mut Vec::new()).await.ok();
}

#[tokio::test]
async fn clients_that_go_after_any_byte_of_a_call_free_every_place() {
    let (guarded, mut clients) = (Guarded::start().await, JoinSet::new());
    for path in guarded.server.paths {
        let request = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n0123456789");
        let whole = request.len();
        let reading = (1..200).step_by(3).filter(|_| path == "/drips").map(|read| (whole, read));
        for (sent, read) in (0..=whole).map(|sent| (sent, 0)).chain(reading) {
            clients.spawn(cut(guarded.server.addr, request.clone(), sent, read));
        }
    }
    soon(clients.join_all()).await;
    guarded.comes_to_rest().await;
}

#[tokio::test]
async fn clients_that_go_after_any_poll_of_a_call_free_every_place() {
    let guarded = Guarded::start().await;
    for wire in [Wire::Http1, Wire::Http2] {
        let mut clients = JoinSet::new();
        for polls in 0..60 {
            let client = guarded.server.client(wire);
            clients.spawn(drop_after(polls, async move { client.ask(Method::POST, "/drips", "").await }));
        }
        soon(clients.join_all()).await;
        guarded.comes_to_rest().await;
    }
}
