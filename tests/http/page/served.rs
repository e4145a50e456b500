//! The page in a server, over both wires.

use axum::Router;
use http::Method;
use hyper_util::rt::TokioIo;
use palisade::CircuitBreakerLayer;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::*;
use crate::client::{Small, client, on_both, request};
use crate::patience::{eventually, secs, soon};
use crate::server::uri;
use crate::sockets::{listen, serve_router};
use crate::support::paused;

fn streams(page: &Page) -> usize {
    let debug = format!("{page:?}");
    let (_, rest) = debug.split_once("streams: ").unwrap();
    rest.split(|character: char| !character.is_ascii_digit()).next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_page_is_served_under_a_prefix_over_both_wires() {
    on_both(async |wire| {
        let page = open(&Registry::new()).hosts(["127.0.0.1"]);
        let router = Router::new().nest_service("/ops", page.clone()).fallback_service(page);
        let addr = serve_router(router).await;
        let client = client::<Small>(wire);
        for (path, status) in
            [("/", 200), ("/ops", 200), ("/ops/", 200), ("/ops/instances", 200), ("/a/b/", 200), ("/ops/x", 404)]
        {
            let response = soon(client.request(request(Method::GET, uri(addr, path), ""))).await.unwrap();
            assert_eq!(response.status(), status, "{path}");
        }
        let rebound = request(Method::GET, format!("http://localhost:{}/", addr.port()), "");
        assert_eq!(soon(client.request(rebound)).await.unwrap().status(), 403);
    })
    .await;
}

#[tokio::test]
async fn a_stream_ends_when_its_client_goes() {
    on_both(async |wire| {
        let page = open(&Registry::new());
        let addr = serve_router(Router::new().fallback_service(page.clone())).await;
        let client = client::<Small>(wire);
        let mut bodies = Vec::new();
        for _ in 0..3 {
            let response = soon(client.request(request(Method::GET, uri(addr, "/events"), ""))).await.unwrap();
            let mut body = response.into_body();
            let event = soon(body.frame()).await.unwrap().unwrap().into_data().unwrap();
            assert!(event.starts_with(b"retry: "), "{event:?}");
            bodies.push(body);
        }
        assert_eq!(streams(&page), 3);
        drop(bodies);
        eventually("their places are free", || streams(&page) == 0).await;
    })
    .await;
}

#[tokio::test]
async fn a_body_of_100_mb_is_refused_and_the_server_lives() {
    on_both(async |wire| {
        let addr = serve_router(Router::new().fallback_service(open(&Registry::new()))).await;
        let client = client::<Small>(wire);
        let mut huge = request(Method::POST, uri(addr, "/steer"), "");
        *huge.body_mut() = Full::new(vec![b' '; 100_000_000].into());
        huge.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
        // A server may cut the connection while the client still sends.
        let response = soon(client.request(huge)).await;
        assert!(response.is_err() || response.is_ok_and(|response| response.status() == 413));
        let response = soon(client.request(request(Method::GET, uri(addr, "/instances"), ""))).await.unwrap();
        assert_eq!(response.status(), 200);
    })
    .await;
}

/// Counts the bytes that a server takes of a stream.
fn taken_by(page: Page, taken: std::sync::Arc<std::sync::atomic::AtomicUsize>) -> Router {
    use std::sync::atomic::Ordering;
    let count = move |response: Response<PageBody>| {
        let taken = std::sync::Arc::clone(&taken);
        response.map(|body| {
            body.map_frame(move |frame| {
                taken.fetch_add(frame.data_ref().map_or(0, Bytes::len), Ordering::SeqCst);
                frame
            })
        })
    };
    Router::new().fallback_service(tower::ServiceBuilder::new().map_response(count).service(page))
}

/// On a paused clock seconds pass as soon as nothing else moves, so the sockets are full in no time.
#[test]
fn a_client_that_never_reads_is_sent_no_more() {
    paused(async {
        let registry = Registry::new();
        let circuit = |number: usize| {
            CircuitBreakerLayer::builder(format!("circuit {number}")).registry(&registry).build().unwrap()
        };
        let circuits: Vec<_> = (0..200).map(circuit).collect();
        let page = open(&registry);
        let taken = std::sync::Arc::default();
        let (listener, addr) = listen().await;
        let router = taken_by(page.clone(), std::sync::Arc::clone(&taken));
        tokio::spawn(async { axum::serve(listener, router).await });
        let mut socket = TcpStream::connect(addr).await.unwrap();
        socket.write_all(b"GET /events HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();

        let taken = || taken.load(std::sync::atomic::Ordering::SeqCst);
        let mut before = usize::MAX;
        while before != taken() {
            before = taken();
            tokio::time::sleep(secs(100)).await;
        }
        assert!(before > 100_000, "{before} bytes");
        tokio::time::sleep(secs(10_000)).await;
        assert_eq!(taken(), before, "of 10,000 frames none was made for it");
        assert_eq!(streams(&page), 1);
        drop(socket);
        while streams(&page) > 0 {
            tokio::time::sleep(secs(1)).await;
        }
        drop(circuits);
    });
}

#[tokio::test]
async fn a_panic_of_authorize_ends_its_connection_alone() {
    let page = Registry::new().page().reading(|parts| !parts.headers.contains_key("x-panic") || panic!("hostile"));
    let addr = serve_router(Router::new().fallback_service(page.clone())).await;
    let client = client::<Small>(crate::client::Wire::Http1);
    let mut hostile = request(Method::GET, uri(addr, "/events"), "");
    hostile.headers_mut().insert("x-panic", HeaderValue::from_static("1"));
    soon(client.request(hostile)).await.unwrap_err();
    let response = soon(client.request(request(Method::GET, uri(addr, "/instances"), ""))).await.unwrap();
    assert_eq!((response.status().as_u16(), streams(&page)), (200, 0));
}

#[tokio::test]
async fn hyper_serves_it_without_a_framework() {
    let page = open(&Registry::new());
    let (listener, addr) = listen().await;
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let service = hyper_util::service::TowerToHyperService::new(page);
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service).await
    });
    let client = client::<Small>(crate::client::Wire::Http1);
    let response = soon(client.request(request(Method::GET, uri(addr, "/any/"), ""))).await.unwrap();
    assert_eq!(response.status(), 200);
}
