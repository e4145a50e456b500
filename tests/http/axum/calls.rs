//! Calls over real connections: those that are held, that panic, and whose clients hang up.

use axum::extract::{MatchedPath, Request};
use axum::routing::get;
use palisade::http::AnswerLayer;
use palisade::{BulkheadHandle, Phase};
use tower::ServiceBuilder;

use super::*;

/// Two routes under one layer.
macro_rules! behind {
    ($layer:expr) => {{
        let layer = $layer;
        let handle = layer.handle();
        let router = Router::new().route("/a", get(answer)).route("/b", get(answer)).layer((refusals(), layer));
        (Server::start((["/a", "/b"], router)).await, handle)
    }};
}

fn is_free(places: &BulkheadHandle) -> bool {
    (places.in_flight(), places.queued()) == (0, 0)
}

#[tokio::test]
async fn streams_of_one_http2_connection_share_a_bulkhead() {
    let (server, places) = behind!(BulkheadLayer::new(1));
    let client = server.client(Wire::Http2);
    let other = client.clone();
    let held = tokio::spawn(async move { other.get("/a", "hold").await });
    server.upstream.entered().await;
    assert_eq!(client.get("/b", "fine").await, Some(refused("full")));
    server.upstream.release();
    assert_eq!(held.await.unwrap(), Some(said(200)));
    assert!(is_free(&places));
}

#[tokio::test]
async fn a_client_that_hangs_up_frees_its_place_and_opens_no_circuit() {
    let (breaker, bulkhead) = (breaker().consecutive(1).build().unwrap(), BulkheadLayer::new(1));
    let (circuit, places) = (breaker.handle(), bulkhead.handle());
    let router = Router::new().route("/a", get(answer)).layer((refusals(), breaker, bulkhead));
    let server = Server::start((["/a", "/a"], router)).await;
    server.hold(0).await.abort();
    until(|| is_free(&places)).await;
    assert_eq!(server.get(1, "fine").await, said(200));
    assert_eq!((circuit.phase(), circuit.snapshot().counts.consecutive), (Phase::Closed, 0));
}

#[tokio::test]
async fn a_request_on_one_connection_queues_behind_that_of_another() {
    for hangs_up in [false, true] {
        let (server, places) = behind!(BulkheadLayer::builder(1).max_queue(1).build().unwrap());
        let (held, queued) = (server.hold(0).await, server.send(1, "fine"));
        until(|| places.queued() == 1).await;
        assert_eq!(server.get(0, "fine").await, refused("queue_full"));
        assert_eq!(server.upstream.calls(), 1);
        if hangs_up {
            queued.abort();
            until(|| places.queued() == 0).await;
        }
        server.upstream.release();
        assert_eq!(held.await.unwrap(), Some(said(200)));
        assert_eq!(queued.await.ok(), (!hangs_up).then(|| Some(said(200))));
        assert_eq!((is_free(&places), server.upstream.calls()), (true, if hangs_up { 1 } else { 2 }));
    }
}

#[tokio::test]
async fn a_probe_on_one_connection_keeps_others_out_until_it_is_over() {
    for hangs_up in [false, true] {
        let (server, circuit) = behind!(breaker().consecutive(1).probes(1).open_for(Backoff::none()).build().unwrap());
        server.get(0, "fail").await;
        assert_eq!(circuit.phase(), Phase::Open);
        let probe = server.hold(0).await;
        assert_eq!(circuit.phase(), Phase::HalfOpen);
        assert_eq!(server.get(1, "fine").await, refused("probes_taken"));
        if hangs_up {
            probe.abort();
        } else {
            server.upstream.release();
            assert_eq!(probe.await.unwrap(), Some(said(200)));
            assert_eq!(circuit.phase(), Phase::Closed);
        }
        while server.get(1, "fine").await != said(200) {
            tokio::task::yield_now().await;
        }
        assert_eq!(circuit.phase(), Phase::Closed);
    }
}

#[tokio::test]
async fn a_handler_that_panics_has_failed_and_gives_its_place_back() {
    let (server, circuit) = behind!(breaker().consecutive(1).build().unwrap());
    assert_eq!(server.client(Wire::Http1).get("/a", "panic").await, None);
    assert_eq!(circuit.phase(), Phase::Open);
    assert_eq!(server.get(1, "fine").await, refused("circuit_open"));
    let (server, places) = behind!(BulkheadLayer::new(1));
    assert_eq!(server.client(Wire::Http1).get("/a", "panic").await, None);
    assert_eq!(server.get(1, "fine").await, said(200));
    assert!(is_free(&places));
}

#[tokio::test]
async fn what_is_set_by_hand_holds_for_an_open_connection() {
    let (server, circuit) = behind!(breaker().build().unwrap());
    let client = server.client(Wire::Http1);
    assert_eq!(client.get("/a", "fine").await, Some(said(200)));
    circuit.force_open();
    assert_eq!(client.get("/a", "fine").await, Some(refused("forced_open")));
    let (server, places) = behind!(BulkheadLayer::new(1));
    let client = server.client(Wire::Http1);
    assert_eq!(client.get("/a", "fine").await, Some(said(200)));
    places.resize(0);
    assert_eq!(client.get("/a", "fine").await, Some(refused("full")));
}

#[tokio::test]
async fn requests_share_the_places_of_their_route_and_no_others() {
    let route = |request: &Request| request.extensions().get().map(|path: &MatchedPath| path.as_str().to_owned());
    let places = BulkheadLayer::http(1).per_key(route).build().unwrap();
    let by_route = places.handle();
    let router = Router::new().route("/orders/{id}", get(answer)).route("/users/{id}", get(answer));
    let layers = ServiceBuilder::new().layer(AnswerLayer::http()).layer(places);
    let server = Server::start((["/orders/1", "/users/1"], router.layer(layers))).await;
    let held = server.hold(0).await;
    assert_eq!(server.client(Wire::Http1).get("/orders/2", "").await, Some(said(503)));
    assert_eq!(server.get(1, "").await, said(200));
    let in_flight = |route: &str| by_route.get(&Some(route.to_owned())).map(|places| places.in_flight());
    assert_eq!((in_flight("/orders/{id}"), in_flight("/users/{id}")), (Some(1), Some(0)));
    assert_eq!(by_route.len(), 2);
    server.upstream.release();
    assert_eq!(held.await.unwrap(), Some(said(200)));
}
