//! How long a call holds its place in a bulkhead, on both sides.

use std::{net::SocketAddr, time::Duration};

use palisade::{Bulkhead, BulkheadHandle, BulkheadLayer, RejectionReason};
use tonic::{
    Status,
    transport::{Channel, Server},
};
use tonic_health::pb::health_client::HealthClient;
use tower::Layer;

use crate::{
    client::{ByCode, ask, channel, next, rejection, until},
    server::{Calls, Reply, now, scripted, serve},
};

type Client = HealthClient<Bulkhead<Channel, ByCode>>;

/// A client with this many places.
fn with_places(addr: SocketAddr, places: usize) -> (Client, BulkheadHandle) {
    let layer = BulkheadLayer::grpc(places).build().expect("it is legal");
    (HealthClient::new(layer.layer(channel(addr))), layer.handle())
}

/// A server with this many places.
async fn serve_in_places(
    places: usize,
    script: impl Fn(usize) -> Reply + Send + Sync + 'static,
) -> (SocketAddr, BulkheadHandle, Calls) {
    let (health, calls) = scripted(script);
    let layer = BulkheadLayer::grpc(places).build().expect("it is legal");
    let handle = layer.handle();
    (serve(Server::builder().layer(layer), health).await, handle, calls)
}

async fn until_free(place: &BulkheadHandle) {
    until("the place is free", || place.in_flight() == 0).await;
}

#[tokio::test]
async fn a_streaming_answer_of_two_seconds_holds_its_place_on_both_sides_for_as_long() {
    let (addr, served, calls) = serve_in_places(1, |call| match call {
        0 => Reply::Paced(Duration::from_secs(1)),
        _ => Reply::Served,
    })
    .await;
    let ((mut client, sent), mut other) = (with_places(addr, 1), HealthClient::new(channel(addr)));
    let begun = now();
    let mut stream = client.watch(ask()).await.unwrap().into_inner();
    for message in 0..3 {
        assert!(next(&mut stream).await.unwrap().is_some());
        if message < 2 {
            assert_eq!((sent.in_flight(), served.in_flight()), (1, 1));
            assert_eq!(rejection(&client.check(ask()).await.unwrap_err()), Some(RejectionReason::Full));
            other.check(ask()).await.unwrap_err();
        }
    }
    assert!(next(&mut stream).await.unwrap().is_none());
    assert!(begun.elapsed() >= Duration::from_secs(2));
    assert_eq!((sent.in_flight(), calls.count()), (0, 1));
    until_free(&served).await;
    client.check(ask()).await.unwrap();
    other.check(ask()).await.unwrap();
}

#[tokio::test]
async fn a_unary_call_holds_its_place_until_its_answer_is_whole() {
    let (addr, served, _) = serve_in_places(1, |_| Reply::Served).await;
    let (mut client, sent) = with_places(addr, 1);
    for _ in 0..20 {
        client.check(ask()).await.unwrap();
        assert_eq!(sent.in_flight(), 0);
        until_free(&served).await;
    }
}

#[tokio::test]
async fn a_status_alone_frees_its_place_at_once() {
    let (addr, served, _) = serve_in_places(1, |_| Reply::Status(Status::not_found("no"))).await;
    let (mut client, sent) = with_places(addr, 1);
    client.watch(ask()).await.unwrap_err();
    assert_eq!((sent.in_flight(), served.in_flight()), (0, 0));
}

#[tokio::test]
async fn a_stream_that_ended_badly_is_free_though_the_client_still_has_it() {
    let (addr, served, _) = serve_in_places(1, |_| Reply::Broken(Status::internal("no"))).await;
    let (mut client, sent) = with_places(addr, 1);
    let mut stream = client.watch(ask()).await.unwrap().into_inner();
    assert!(next(&mut stream).await.unwrap().is_some());
    next(&mut stream).await.unwrap_err();
    assert_eq!(sent.in_flight(), 0);
    until_free(&served).await;
    drop(stream);
}

#[tokio::test]
async fn a_stream_that_the_client_drops_frees_its_place_on_both_sides() {
    let (addr, served, _) = serve_in_places(1, |_| Reply::Open).await;
    let (mut client, sent) = with_places(addr, 1);
    for _ in 0..3 {
        let mut stream = client.watch(ask()).await.unwrap().into_inner();
        assert!(next(&mut stream).await.unwrap().is_some());
        assert_eq!((sent.in_flight(), served.in_flight()), (1, 1));
        drop(stream);
        assert_eq!(sent.in_flight(), 0);
        until_free(&served).await;
    }
}

#[tokio::test]
async fn a_client_that_goes_away_before_its_answer_frees_its_place_on_the_server() {
    let (addr, served, calls) = serve_in_places(1, |_| Reply::Never).await;
    let (mut client, sent) = with_places(addr, 1);
    let call = tokio::spawn(async move { client.check(ask()).await });
    until("the service is called", || calls.count() == 1).await;
    assert_eq!((sent.in_flight(), served.in_flight()), (1, 1));
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!(sent.in_flight(), 0);
    until_free(&served).await;
}

#[tokio::test]
async fn a_client_that_goes_away_with_many_streams_frees_them_all_on_the_server() {
    let (addr, served, _) = serve_in_places(20, |_| Reply::Open).await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = HealthClient::new(channel(addr)).watch(ask()).await.unwrap().into_inner();
        assert!(next(&mut stream).await.unwrap().is_some());
        streams.push(stream);
    }
    assert_eq!(served.in_flight(), 20);
    drop(streams);
    until_free(&served).await;
}
