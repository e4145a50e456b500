//! A proxy whose own clients break their uploads off: its upstream is as well as before.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use axum::{Router, body::Body};
use http::{Request, StatusCode};
use palisade::{BulkheadHandle, BulkheadLayer, CircuitHandle, Phase, http::ReplayBody};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tower::{ServiceBuilder, ServiceExt};

use crate::{
    circuit::consecutive,
    client::{Wire, client, eventually, on_both, retry_of, soon},
    server::{Server, empty, reply},
};

struct Proxy {
    addr: SocketAddr,
    circuit: CircuitHandle,
    places: BulkheadHandle,
    /// How many requests its client was given.
    attempts: Arc<AtomicUsize>,
    _serving: JoinSet<()>,
}

impl Proxy {
    async fn start(wire: Wire, upstream: &Server) -> Self {
        let breaker = consecutive(1).failure_rate(1.0).min_calls(1).build().unwrap();
        let bulkhead = BulkheadLayer::http(8).build().unwrap();
        let (circuit, places, attempts) = (breaker.handle(), bulkhead.handle(), Arc::<AtomicUsize>::default());
        let (at, seen) = (upstream.uri("/"), Arc::clone(&attempts));
        let client = client(wire).map_request(move |request: Request<ReplayBody<Body>>| {
            seen.fetch_add(1, SeqCst);
            request
        });
        let retry = retry_of::<ReplayBody<Body>>().build().unwrap();
        let stack = ServiceBuilder::new().layer(retry).layer(breaker).layer(bulkhead).service(client);
        let forward = async move |mut request: Request<Body>| {
            *request.uri_mut() = at.parse().unwrap();
            let answer = stack.oneshot(request).await;
            answer.map(|answer| answer.map(Body::new)).map_err(|_| StatusCode::BAD_GATEWAY)
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async { axum::serve(listener, Router::new().fallback(forward)).await.unwrap() });
        Self { addr, circuit, places, attempts, _serving: serving }
    }
}

const CHUNKED: &str = "PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n";
const OF_KNOWN_LENGTH: &str = "PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nabc";

/// Claims of an upload that was begun and then broken off so that the upstream is not blamed.
async fn claim_blameless(wire: Wire, begun: &str, break_off: impl AsyncFn(TcpStream)) {
    let upstream = Server::start(|_, _| reply(empty(200))).await;
    let proxy = Proxy::start(wire, &upstream).await;
    for nth in 1..=3 {
        let mut upload = TcpStream::connect(proxy.addr).await.unwrap();
        upload.write_all(begun.as_bytes()).await.unwrap();
        eventually("the upload is under way", || proxy.attempts.load(SeqCst) == nth && upstream.connections() > 0)
            .await;
        soon(break_off(upload)).await;
        eventually("the call is over", || proxy.places.in_flight() == 0).await;
        let snapshot = proxy.circuit.snapshot();
        assert_eq!((snapshot.phase, snapshot.counts.calls), (Phase::Closed, 0), "{begun:?}");
        assert_eq!((proxy.attempts.load(SeqCst), upstream.calls()), (nth, 0), "{begun:?}");
    }
}

#[tokio::test]
async fn an_upload_whose_client_goes_away_is_no_failure_of_the_upstream() {
    on_both(async |wire| {
        for begun in [OF_KNOWN_LENGTH, CHUNKED] {
            claim_blameless(wire, begun, async |upload| drop(upload)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_upload_whose_client_sends_no_more_is_no_failure_of_the_upstream() {
    on_both(async |wire| {
        for begun in [OF_KNOWN_LENGTH, CHUNKED] {
            claim_blameless(wire, begun, async |mut upload| {
                upload.shutdown().await.unwrap();
                // The proxy may answer, or cut the connection.
                upload.read_to_end(&mut Vec::new()).await.ok();
            })
            .await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_upload_with_a_chunk_that_is_none_is_no_failure_of_the_upstream() {
    on_both(async |wire| {
        claim_blameless(wire, CHUNKED, async |mut upload| {
            upload.write_all(b"zz\r\n").await.unwrap();
            upload.read_to_end(&mut Vec::new()).await.ok();
        })
        .await;
    })
    .await;
}
