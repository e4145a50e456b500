//! A call is measured to the end of its body, or to its head where that is asked for.

use palisade::http::{Http, HttpClassifier};
use palisade::measure::Ended;
use palisade::{Measure, MeasureHandle, MeasureLayer};
use tower::Layer;

use crate::client::{HttpClient, Small, Wire, call, client, ends, get, on_both, status};
use crate::patience::soon;
use crate::server::{self, Server, broken, empty, reply};
use http_body_util::BodyExt;

fn to_the_end(wire: Wire) -> (Measure<HttpClient<Small>, Http>, MeasureHandle) {
    let layer = MeasureLayer::http("measure").build().expect("legal");
    (layer.layer(client(wire)), layer.handle())
}

/// How many calls are in flight, and how many ended well, and failed.
fn state(measure: &MeasureHandle) -> (u64, u64, u64) {
    (measure.in_flight(), measure.of(Ended::Success).count(), measure.of(Ended::Failure).count())
}

#[tokio::test]
async fn a_call_takes_until_its_body_has_ended() {
    on_both(async |wire| {
        let (sender, begun) = server::stream(200, &["one"]);
        let (server, (stack, measure)) = (Server::once(begun).await, to_the_end(wire));
        let mut body = call(&stack, get(server.uri("/"))).await.unwrap().into_body();
        soon(body.frame()).await.unwrap().unwrap();
        assert_eq!(state(&measure), (1, 0, 0));
        drop(sender);
        assert!(ends(&mut body).await);
        assert_eq!(state(&measure), (0, 1, 0));
    })
    .await;
}

#[tokio::test]
async fn until_head_a_call_takes_until_its_head_has_come() {
    on_both(async |wire| {
        let (sender, begun) = server::stream(200, &["one"]);
        let server = Server::once(begun).await;
        let layer = MeasureLayer::http("measure").until_head().build().unwrap();
        let response = call(&layer.layer(client::<Small>(wire)), get(server.uri("/"))).await.unwrap();
        assert_eq!(state(&layer.handle()), (0, 1, 0));
        drop((sender, response));
        assert_eq!(state(&layer.handle()), (0, 1, 0));
    })
    .await;
}

#[tokio::test]
async fn a_status_says_how_a_call_ended() {
    on_both(async |wire| {
        for (code, ended) in [
            (200, Ended::Success),
            (404, Ended::Success),
            (500, Ended::Failure),
            (503, Ended::Failure),
            (429, Ended::Throttled),
            (501, Ended::Ignored),
        ] {
            let server = Server::start(move |_, _| reply(empty(code))).await;
            let (stack, measure) = to_the_end(wire);
            assert_eq!(status(&stack, get(server.uri("/"))).await.unwrap(), code);
            assert_eq!((measure.of(ended).count(), measure.all().count()), (1, 1), "{code}");
            let by_head = MeasureLayer::http("measure").classify(HttpClassifier::new()).until_head().build().unwrap();
            drop(call(&by_head.layer(client::<Small>(wire)), get(server.uri("/"))).await.unwrap());
            assert_eq!(by_head.handle().of(ended).count(), 1, "{code}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_that_breaks_is_a_failure() {
    on_both(async |wire| {
        let (server, (stack, measure)) = (Server::once(broken(200)).await, to_the_end(wire));
        assert!(status(&stack, get(server.uri("/"))).await.is_err());
        assert_eq!(state(&measure), (0, 0, 1));
    })
    .await;
}

#[tokio::test]
async fn a_body_that_is_dropped_ends_its_call() {
    on_both(async |wire| {
        let (sender, begun) = server::stream(200, &["one"]);
        let (server, (stack, measure)) = (Server::once(begun).await, to_the_end(wire));
        let response = call(&stack, get(server.uri("/"))).await.unwrap();
        assert_eq!(state(&measure), (1, 0, 0));
        drop(response);
        assert_eq!(state(&measure), (0, 1, 0));
        drop(sender);
    })
    .await;
}
