//! What callers of a gateway see of its upstream's errors, over HTTP/1.1 and HTTP/2 on both sides.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, Uri};
use http_body_util::Limited;
use palisade::http::{AnswerLayer, HttpClassifier};
use palisade::reqwest::ReqwestClient;
use palisade::{Classify, Error, Outcome};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use crate::client::{Small, Wire, client, on_both, request, retry_of};
use crate::patience::{ms, soon};
use crate::server::{Server, abort, empty, hang, reply, uri};
use crate::sockets::{refusing, serve_router};

/// Sends requests on to this upstream, by hyper-util's client, and again where they may be. The methods spoil the request: it is over its limit, or cannot be
/// sent.
fn gateway(wire: Wire, upstream: SocketAddr) -> Router {
    let to = move |request: Request<Body>| {
        let (mut head, body) = request.into_parts();
        head.version = http::Version::default();
        head.uri = match head.method {
            Method::PATCH => Uri::from_static("/no-host"),
            _ => uri(upstream, head.uri.path()).parse().unwrap(),
        };
        Request::from_parts(head, Body::new(Limited::new(body, 8)))
    };
    let stack = ServiceBuilder::new().layer(AnswerLayer::axum(|error: Error| error)).map_request(to);
    let stack = stack.layer(retry_of::<Body>().build().unwrap());
    Router::new().fallback_service(stack.service(client::<Body>(wire)))
}

/// The status of the gateway's answer, and what our own classifier takes it for.
async fn seen(wire: Wire, gateway: SocketAddr, method: Method, body: &'static str) -> (u16, Outcome) {
    let answer = soon(client::<Small>(wire).request(request(method, uri(gateway, "/"), body))).await.unwrap();
    (answer.status().as_u16(), HttpClassifier::new().classify(Ok(&answer)))
}

#[tokio::test]
async fn an_upstream_that_cannot_be_reached_or_breaks_off_is_502() {
    on_both(async |wire| {
        let (_nobody, addr) = refusing();
        let gone = Server::start(|_, _| abort()).await;
        for addr in [addr, gone.addr] {
            let gateway = serve_router(gateway(wire, addr)).await;
            assert_eq!(seen(wire, gateway, Method::POST, "order").await, (502, Outcome::Transient));
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_that_cannot_be_sent_is_no_server_error() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(empty(200))).await;
        let gateway = serve_router(gateway(wire, server.addr)).await;
        let (unsendable, _) = seen(wire, gateway, Method::PATCH, "").await;
        assert_eq!(unsendable, 400);
        assert_eq!(seen(wire, gateway, Method::PUT, "more than eight").await, (413, Outcome::Success));
        assert_eq!((seen(wire, gateway, Method::PUT, "eight").await.0, server.calls()), (200, 1));
    })
    .await;
}

/// The status that a failure of reqwest's client becomes.
async fn of_reqwest(client: reqwest::Client, uri: &str) -> u16 {
    let mut stack = AnswerLayer::axum(|error: Error| error).layer(ReqwestClient::new(client));
    let request = Request::get(uri).body(reqwest::Body::default()).unwrap();
    let Ok(answer) = soon(stack.ready().await.unwrap().call(request)).await;
    answer.status().as_u16()
}

#[tokio::test]
async fn a_timeout_of_the_clients_own_is_504() {
    on_both(async |wire| {
        let server = Server::start(|_, _| hang()).await;
        let builder = reqwest::Client::builder().no_proxy().timeout(ms(50));
        let builder = if wire == Wire::Http2 { builder.http2_prior_knowledge() } else { builder };
        assert_eq!(of_reqwest(builder.build().unwrap(), &server.uri("/")).await, 504);
    })
    .await;
}

#[tokio::test]
async fn reqwests_errors_have_the_status_of_what_happened() {
    let (_nobody, addr) = refusing();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert_eq!(of_reqwest(client.clone(), &uri(addr, "/")).await, 502);
    assert_eq!(of_reqwest(client, "ftp://files.invalid/").await, 400);
}
