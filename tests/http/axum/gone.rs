//! Clients that go away at every moment of a call, and the places that they leave.

use std::{pin::pin, task::Poll};

use axum::{body::Bytes as Whole, routing::post};
use futures_util::{future::poll_fn, stream};
use palisade::{PerKeyHandle, TimeoutLayer, http::AnswerLayer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::{JoinSet, yield_now},
    time::timeout,
};

use super::*;

const HOUR: Duration = Duration::from_secs(60 * 60);
const SOON: Duration = Duration::from_secs(20);
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

/// A server whose calls hold a place of their path's own, and one of all.
struct Guarded {
    server: Server,
    paths: PerKeyHandle<String, BulkheadHandle>,
    all: BulkheadHandle,
}

impl Guarded {
    async fn start() -> Self {
        let path = |request: &Request| request.uri().path().to_owned();
        let of_path = BulkheadLayer::http(2).max_queue(100).per_key(path).build().unwrap();
        let of_all = BulkheadLayer::http(PLACES).max_queue(5).build().unwrap();
        let (paths, all) = (of_path.handle(), of_all.handle());
        let layers = ServiceBuilder::new().layer(AnswerLayer::http()).layer(TimeoutLayer::http(HOUR));
        let router = Router::new()
            .route("/drips", post(drips))
            .route("/hangs", post(hangs))
            .route("/well", get(async || "well"))
            .layer(layers.layer(of_path).layer(of_all));
        Self { server: Server::start(app(["/drips", "/hangs"], router)).await, paths, all }
    }

    fn is_at_rest(&self) -> bool {
        let paths = self.paths.keys().into_iter().filter_map(|path| self.paths.get(&path));
        paths.chain([self.all.clone()]).all(|places| (places.in_flight(), places.queued()) == (0, 0))
    }

    /// Waits until every place is free, and takes one.
    async fn comes_to_rest(&self) {
        timeout(SOON, until(|| self.is_at_rest())).await.expect("a place is still taken");
        assert_eq!(self.server.client().get("/well", "").await.unwrap().0, StatusCode::OK);
    }
}

/// Sends so many bytes of a request, reads so many of what is answered, and goes.
async fn cut(address: SocketAddr, request: String, sent: usize, read: usize) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&request.as_bytes()[..sent]).await.unwrap();
    // It ends sooner where there is no room in the queue.
    stream.take(read as u64).read_to_end(&mut Vec::new()).await.ok();
}

#[tokio::test]
async fn clients_that_go_after_any_byte_of_a_call_free_every_place() {
    let (guarded, mut clients) = (Guarded::start().await, JoinSet::new());
    for path in guarded.server.paths {
        let request = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n0123456789");
        for sent in 0..=request.len() {
            clients.spawn(cut(guarded.server.address, request.clone(), sent, 0));
        }
        if path == "/drips" {
            let whole = request.len();
            (1..200)
                .step_by(3)
                .for_each(|read| drop(clients.spawn(cut(guarded.server.address, request.clone(), whole, read))));
        }
    }
    timeout(SOON, clients.join_all()).await.expect("each of them goes");
    guarded.comes_to_rest().await;
}

/// Drops a call when it was polled so often, or is over.
async fn polled(call: impl Future, polls: usize) {
    let (mut call, mut left) = (pin!(call), polls);
    poll_fn(|cx| match left.checked_sub(1) {
        Some(less) => {
            left = less;
            call.as_mut().poll(cx).map(drop)
        }
        None => Poll::Ready(()),
    })
    .await;
}

#[tokio::test]
async fn clients_that_go_after_any_poll_of_a_call_free_every_place() {
    let guarded = Guarded::start().await;
    for connect in [Server::client, Server::http2] {
        let mut clients = JoinSet::new();
        for polls in 0..60 {
            let client = connect(&guarded.server);
            clients.spawn(polled(async move { client.ask(Method::POST, "/drips", "").await }, polls));
        }
        timeout(SOON, clients.join_all()).await.expect("each of them goes");
        guarded.comes_to_rest().await;
    }
}
