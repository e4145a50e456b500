//! Requests that a client cannot send: that is their own fault, and says nothing about the service.
//!
//! Clients tell some of these only by a text. Where one of them changes, a row here fails.

use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use http::{HeaderName, HeaderValue, Method, Request, Uri, Version};
use http_body::Body;
use hyper::client::conn::http2;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade::http::not_sent;
use palisade::reqwest::ReqwestClient;
use tokio::io::duplex;
use tokio::net::TcpStream;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::circuit::{built, counted, counting};
use crate::client::{Replayed, Small, Wire, call, client, get, on_both, retry_of};
use crate::server::{Server, empty, reply};

/// Claims that the request is tried once and counted nowhere.
async fn claim_own_fault<S, B, R>(label: &str, client: S, request: Request<Small>)
where
    S: Service<Request<B>, Response = http::Response<R>, Error: Into<BoxError> + 'static> + Clone,
    B: From<Replayed>,
    R: Body<Error: Into<BoxError> + 'static> + Unpin,
{
    let ((breaker, circuit), attempts) = (built(counting()), Arc::<AtomicUsize>::default());
    let seen = Arc::clone(&attempts);
    let client = client.map_request(move |request| {
        seen.fetch_add(1, SeqCst);
        request
    });
    let stack = ServiceBuilder::new().layer(retry_of::<B>().build().unwrap()).layer(breaker).service(client);
    let error = call(&stack, request).await.map(drop).unwrap_err();
    assert_eq!((attempts.load(SeqCst), counted(&circuit)), (1, (0, 0)), "{label}: {error:?}");
    assert!(!not_sent(&error), "{label}: {error:?}");
}

type Change = fn(&mut Request<Small>);

fn connect(request: &mut Request<Small>, uri: &'static str) {
    (*request.method_mut(), *request.uri_mut()) = (Method::CONNECT, uri.parse().unwrap());
}

const OF_ANY_WIRE: [(&str, Change); 6] = [
    ("a version that nobody speaks", |request| *request.version_mut() = Version::HTTP_09),
    ("a version that the client does not speak", |request| *request.version_mut() = Version::HTTP_3),
    ("no host", |request| *request.uri_mut() = "/orders".parse().unwrap()),
    ("a scheme that the client does not speak", |request| *request.uri_mut() = "https://localhost/".parse().unwrap()),
    ("a tunnel to nowhere", |request| connect(request, "/orders")),
    ("a tunnel over HTTP/1.0", |request| {
        connect(request, "upstream:80");
        *request.version_mut() = Version::HTTP_10;
    }),
];

#[tokio::test]
async fn what_hyper_utils_client_cannot_send_is_the_requests_fault() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(empty(200))).await;
        for (label, change) in OF_ANY_WIRE {
            let mut request = get(server.uri("/"));
            change(&mut request);
            claim_own_fault(label, client::<Replayed>(wire), request).await;
        }
        assert_eq!(server.calls(), 0);
    })
    .await;
}

/// The texts of hyper-rustls and hyper-tls.
#[tokio::test]
async fn what_a_connector_of_tls_refuses_is_the_requests_fault() {
    for text in
        ["unsupported scheme http", "missing scheme", "invalid dns name", "https required but URI was not https"]
    {
        let refuse = service_fn(move |_: Uri| ready(Err::<TokioIo<TcpStream>, _>(io::Error::other(text))));
        let client = Client::builder(TokioExecutor::new()).build::<_, Replayed>(refuse);
        claim_own_fault(text, client, get("http://localhost/")).await;
    }
}

#[tokio::test]
async fn http_2_on_a_connection_of_http_1_is_the_requests_fault() {
    let server = Server::start(|_, _| reply(empty(200))).await;
    for _ in 0..2 {
        let mut request = get(server.uri("/"));
        *request.version_mut() = Version::HTTP_2;
        claim_own_fault("hyper-util", client::<Replayed>(Wire::Http1), request.clone()).await;
        claim_own_fault("reqwest", ReqwestClient::new(crate::reqwest::client(Wire::Http1)), request).await;
    }
    assert_eq!(server.calls(), 0);
}

#[tokio::test]
async fn what_reqwest_cannot_send_is_the_requests_fault() {
    for uri in ["ftp://files.invalid/", "https://localhost/"] {
        claim_own_fault(uri, ReqwestClient::new(crate::reqwest::client(Wire::Http1)), get(uri)).await;
    }
}

#[tokio::test]
async fn what_http_2_cannot_say_is_the_requests_fault() {
    let server = Server::start(|_, _| reply(empty(200))).await;
    let mut tunnel = Request::new(Small::from("what a tunnel has no place for"));
    *tunnel.uri_mut() = server.uri("/").parse().unwrap();
    (*tunnel.method_mut(), *tunnel.version_mut()) = (Method::CONNECT, Version::HTTP_2);
    claim_own_fault("a tunnel with a body", client::<Replayed>(Wire::Http2), tunnel).await;

    let sender = connection().await;
    let mut relative = get("/orders");
    *relative.version_mut() = Version::HTTP_2;
    claim_own_fault("no host", service_fn(move |request| sender.clone().send_request(request)), relative).await;
    assert_eq!(server.calls(), 0);
}

/// A connection of HTTP/2 to a server that answers everything. It is no socket, so that the client reads what the server last said.
async fn connection() -> http2::SendRequest<Replayed> {
    let (near, far) = duplex(1 << 20);
    let answers = hyper::service::service_fn(|_| ready(Ok::<_, Infallible>(empty(200))));
    let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    tokio::spawn(server.serve_connection(TokioIo::new(far), answers));
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(near)).await.unwrap();
    tokio::spawn(connection);
    sender
}

#[tokio::test]
async fn headers_that_are_far_too_large_are_the_requests_fault() {
    for (label, count, bytes) in [("large", 1, 70_000), ("larger", 1, 200_000), ("many", 1000, 40)] {
        let mut request = get("http://upstream/");
        let value = HeaderValue::from_str(&"y".repeat(bytes)).unwrap();
        let names = (0..count).map(|nth| HeaderName::try_from(format!("x-{nth}")).unwrap());
        request.headers_mut().extend(names.map(|name| (name, value.clone())));
        let sender = connection().await;
        claim_own_fault(label, service_fn(move |request| sender.clone().send_request(request)), request).await;
    }
}
