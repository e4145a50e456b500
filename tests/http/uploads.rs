//! A proxy whose own clients break their uploads off: its upstream is as well as before.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use palisade::http::ReplayBody;
use palisade::{BulkheadHandle, BulkheadLayer, CircuitHandle};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::{ServiceBuilder, ServiceExt};

use crate::circuit::{built, counted, counting};
use crate::client::{Wire, client, on_both, retry_of};
use crate::patience::{eventually, soon};
use crate::server::{Server, empty, reply};
use crate::sockets::serve_router;

struct Proxy {
    addr: SocketAddr,
    circuit: CircuitHandle,
    places: BulkheadHandle,
    /// How many requests its client was given.
    attempts: Arc<AtomicUsize>,
}

impl Proxy {
    async fn start(wire: Wire, upstream: &Server) -> Self {
        let ((breaker, circuit), bulkhead) = (built(counting()), BulkheadLayer::http(8).build().unwrap());
        let (places, attempts) = (bulkhead.handle(), Arc::<AtomicUsize>::default());
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
        Self { addr: serve_router(Router::new().fallback(forward)).await, circuit, places, attempts }
    }
}

const CHUNKED: &str = "PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n";
const OF_KNOWN_LENGTH: &str = "PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nabc";

/// How a client breaks an upload off.
#[derive(Clone, Copy, Debug)]
enum Off {
    GoesAway,
    SendsNoMore,
    SendsNoChunk,
}

async fn break_off(mut upload: TcpStream, off: Off) {
    match off {
        Off::GoesAway => return,
        Off::SendsNoMore => upload.shutdown().await.unwrap(),
        Off::SendsNoChunk => upload.write_all(b"zz\r\n").await.unwrap(),
    }
    // The proxy may answer, or cut the connection.
    upload.read_to_end(&mut Vec::new()).await.ok();
}

#[tokio::test]
async fn an_upload_that_its_client_breaks_off_is_no_failure_upstream() {
    on_both(async |wire| {
        for (begun, off) in [
            (OF_KNOWN_LENGTH, Off::GoesAway),
            (CHUNKED, Off::GoesAway),
            (OF_KNOWN_LENGTH, Off::SendsNoMore),
            (CHUNKED, Off::SendsNoMore),
            (CHUNKED, Off::SendsNoChunk),
        ] {
            let upstream = Server::start(|_, _| reply(empty(200))).await;
            let proxy = Proxy::start(wire, &upstream).await;
            let attempts = || proxy.attempts.load(SeqCst);
            for nth in 1..=3 {
                let mut upload = TcpStream::connect(proxy.addr).await.unwrap();
                upload.write_all(begun.as_bytes()).await.unwrap();
                eventually("the upload is under way", || attempts() == nth && upstream.connections() > 0).await;
                soon(break_off(upload, off)).await;
                eventually("the call is over", || proxy.places.in_flight() == 0).await;
                let seen = (counted(&proxy.circuit), attempts(), upstream.calls());
                assert_eq!(seen, ((0, 0), nth, 0), "{off:?} {begun:?}");
            }
        }
    })
    .await;
}
