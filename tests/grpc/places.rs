//! How long a call holds its place in a bulkhead, on both sides.

use palisade::{Adaptive, BulkheadLayer, RejectionReason};
use tonic::Status;
use tonic::transport::Server;
use tonic_health::pb::health_client::HealthClient;
use tower::Layer;

use crate::client::{ask, channel, next, rejection};
use crate::patience::{eventually, ms};
use crate::server::{Reply, scripted, serve};

/// What a client does with its call.
#[derive(Clone, Copy, Debug)]
enum Do {
    /// A unary call.
    Check,
    /// Reads a stream to its end, and keeps it. On the server it may have ended before.
    Read,
    /// Drops a stream that has begun.
    Drop,
    /// Goes away before there is a response.
    GoAway,
}

/// Claims that both places are taken while the call runs, and free after it: the client's at once.
async fn claim(reply: impl Fn() -> Reply + Send + Sync + 'static, does: Do) {
    let (health, calls) = scripted(move |_| reply());
    let [sent, served] = [1, 1].map(|places| BulkheadLayer::grpc(places).build().unwrap());
    let (at_client, at_server) = (sent.handle(), served.handle());
    let addr = serve(Server::builder().layer(served), health).await;
    let (mut client, mut other) = (HealthClient::new(sent.layer(channel(addr))), HealthClient::new(channel(addr)));
    for nth in 1..=3 {
        let mut kept = None;
        match does {
            Do::Check => drop(client.check(ask()).await),
            Do::GoAway => {
                let mut client = client.clone();
                let call = tokio::spawn(async move { client.check(ask()).await });
                eventually("the service is called", || calls.count() == nth).await;
                assert_eq!((at_client.in_flight(), at_server.in_flight()), (1, 1));
                call.abort();
                assert!(call.await.unwrap_err().is_cancelled());
            }
            Do::Read | Do::Drop => {
                let stream = kept.insert(client.watch(ask()).await.unwrap().into_inner());
                assert!(next(stream).await.unwrap().is_some());
                assert_eq!(at_client.in_flight(), 1, "{does:?}");
                assert_eq!(rejection(&client.check(ask()).await.unwrap_err()), Some(RejectionReason::Full));
                if let Do::Drop = does {
                    assert_eq!(at_server.in_flight(), 1);
                    other.check(ask()).await.unwrap_err();
                    kept = None;
                } else {
                    while let Ok(Some(_)) = next(stream).await {}
                }
            }
        }
        assert_eq!(at_client.in_flight(), 0, "{does:?}");
        eventually("the place is free", || at_server.in_flight() == 0).await;
        assert_eq!(calls.count(), nth, "{does:?}");
        drop(kept);
    }
}

#[tokio::test]
async fn a_call_holds_a_place_on_both_sides_until_it_has_ended() {
    claim(|| Reply::Served, Do::Check).await;
    claim(|| Reply::Status(Status::not_found("no")), Do::Check).await;
    claim(|| Reply::Paced(ms(30)), Do::Read).await;
    claim(|| Reply::Broken(Status::internal("no")), Do::Read).await;
    claim(|| Reply::Open, Do::Drop).await;
    claim(|| Reply::Never, Do::GoAway).await;
}

#[tokio::test]
async fn a_client_that_goes_away_with_many_streams_frees_them_all() {
    let (health, _) = scripted(|_| Reply::Open);
    let places = BulkheadLayer::grpc(20).build().unwrap();
    let served = places.handle();
    let addr = serve(Server::builder().layer(places), health).await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = HealthClient::new(channel(addr)).watch(ask()).await.unwrap().into_inner();
        assert!(next(&mut stream).await.unwrap().is_some());
        streams.push(stream);
    }
    assert_eq!(served.in_flight(), 20);
    drop(streams);
    eventually("the places are free", || served.in_flight() == 0).await;
}

/// Only the head is looked at: a code that comes after it is none of the limit's.
#[tokio::test]
async fn an_adaptive_limit_goes_by_the_code_in_the_head() {
    for (reply, limit) in [
        ((|| Reply::Served) as fn() -> Reply, 20),
        (|| Reply::Status(Status::unavailable("no")), 18),
        (|| Reply::Status(Status::not_found("no")), 20),
        (|| Reply::Failing(Status::unavailable("no")), 20),
    ] {
        let (health, _) = scripted(move |_| reply());
        let layer = BulkheadLayer::grpc(20).adaptive(Adaptive::aimd()).build().unwrap();
        let places = layer.handle();
        let addr = serve(Server::builder(), health).await;
        drop(HealthClient::new(layer.layer(channel(addr))).check(ask()).await);
        assert_eq!((places.limit(), places.in_flight()), (limit, 0));
    }
}
