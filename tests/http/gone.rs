//! Layers of a server, and clients that go away.

use std::{
    future::{Ready, ready},
    net::SocketAddr,
};

use axum::{
    Router,
    body::Body,
    error_handling::HandleErrorLayer,
    http::{Request, StatusCode},
    routing::get,
};
use http_body_util::BodyExt;
use palisade::{BulkheadHandle, BulkheadLayer, CircuitHandle, Error, Phase, TimeoutLayer};
use tokio::{net::TcpListener, task::JoinSet};
use tower::{ServiceBuilder, ServiceExt};

use crate::{
    circuit::consecutive,
    client::{HOUR, HttpClient, Small, client, eventually, get as request, on_both, secs, soon},
    server::{Piece, endless, silence, uri},
};

#[expect(clippy::needless_pass_by_value, reason = "axum hands errors over by value")]
fn refuse(error: Error) -> Ready<(StatusCode, String)> {
    ready((StatusCode::SERVICE_UNAVAILABLE, error.to_string()))
}

/// An axum server under three layers.
struct Guarded {
    addr: SocketAddr,
    places: BulkheadHandle,
    circuit: CircuitHandle,
    _serving: JoinSet<()>,
}

impl Guarded {
    async fn start() -> Self {
        let (bulkhead, breaker) = (BulkheadLayer::http(4).build().unwrap(), consecutive(1).build().unwrap());
        let (places, circuit) = (bulkhead.handle(), breaker.handle());
        let layers = ServiceBuilder::new().layer(HandleErrorLayer::new(refuse));
        let layers = layers.layer(TimeoutLayer::http(HOUR)).layer(bulkhead).layer(breaker);
        let router = Router::new()
            .route("/hangs", get(std::future::pending::<StatusCode>))
            .route("/silent", get(async || streamed(silence(200))))
            .route("/endless", get(async || streamed(endless(200))))
            .route("/well", get(async || "well"))
            .layer(layers);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { addr, places, circuit, _serving: serving }
    }

    async fn get(&self, client: &HttpClient<Small>, path: &str) -> http::Response<hyper::body::Incoming> {
        soon(client.request(request(uri(self.addr, path)))).await.unwrap()
    }
}

fn streamed(answer: http::Response<Piece>) -> axum::response::Response {
    answer.map(Body::new)
}

#[tokio::test]
async fn a_client_that_goes_away_frees_every_place_on_the_server_and_fails_nothing() {
    on_both(async |wire| {
        let server = Guarded::start().await;
        let client = client(wire);
        let mut answers = Vec::new();
        for path in ["/silent", "/endless"] {
            let mut answer = server.get(&client, path).await;
            soon(answer.body_mut().frame()).await.unwrap().unwrap();
            answers.push(answer);
        }
        let mut hanging = JoinSet::new();
        for _ in 0..2 {
            hanging.spawn(client.request(request(uri(server.addr, "/hangs"))));
        }
        eventually("all places are taken", || server.places.in_flight() == 4).await;
        assert_eq!(server.get(&client, "/well").await.status(), 503);
        drop((answers, hanging));
        eventually("all places are free", || server.places.in_flight() == 0).await;
        let snapshot = server.circuit.snapshot();
        assert_eq!((snapshot.phase, snapshot.counts.consecutive), (Phase::Closed, 0));
        assert_eq!(server.get(&client, "/well").await.status(), 200);
    })
    .await;
}

#[tokio::test]
async fn a_router_needs_no_socket_to_hold_a_place_for_a_body() {
    let bulkhead = BulkheadLayer::http(1).build().unwrap();
    let places = bulkhead.handle();
    let layers =
        ServiceBuilder::new().layer(HandleErrorLayer::new(refuse)).layer(TimeoutLayer::http(secs(1))).layer(bulkhead);
    let router = Router::new().route("/", get(async || streamed(silence(200)))).layer(layers);
    let call = || router.clone().oneshot(Request::get("/").body(Body::empty()).unwrap());
    let first = call().await.unwrap();
    assert_eq!((places.in_flight(), call().await.unwrap().status().as_u16()), (1, 503));
    drop(first);
    assert_eq!(places.in_flight(), 0);
}

#[tokio::test]
async fn a_server_that_times_out_in_the_body_breaks_the_answer_off_and_frees_the_place() {
    on_both(async |wire| {
        let bulkhead = BulkheadLayer::http(1).build().unwrap();
        let places = bulkhead.handle();
        let layers = ServiceBuilder::new().layer(HandleErrorLayer::new(refuse));
        let layers = layers.layer(TimeoutLayer::http(crate::client::ms(400))).layer(bulkhead);
        let router = Router::new().route("/", get(async || streamed(silence(200)))).layer(layers);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async { axum::serve(listener, router).await.unwrap() });
        let answer = soon(client::<Small>(wire).request(request(uri(addr, "/")))).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(soon(answer.into_body().collect()).await.is_err(), "a client is not told that this was all");
        assert_eq!(places.in_flight(), 0);
    })
    .await;
}
