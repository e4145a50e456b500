//! What a throttle takes for accepted.

use http_body_util::BodyExt;
use palisade::http::Http;
use palisade::{Criticality, Throttle, ThrottleHandle, ThrottleLayer};
use tower::Layer;

use crate::client::{HttpClient, Small, Wire, call, client, ends, get, on_both, status};
use crate::patience::soon;
use crate::server::{self, Server, broken, empty, reply};

fn throttled(wire: Wire) -> (Throttle<HttpClient<Small>, Http>, ThrottleHandle) {
    let layer = ThrottleLayer::http("search").build().expect("legal");
    (layer.layer(client(wire)), layer.handle())
}

/// The requests and the accepts.
fn counted(throttle: &ThrottleHandle) -> (u64, u64) {
    let seen = throttle.snapshot(Criticality::Critical);
    (seen.requests, seen.accepts)
}

#[tokio::test]
async fn a_status_says_whether_a_call_was_accepted() {
    on_both(async |wire| {
        for (code, expected) in
            [(200, (1, 1)), (404, (1, 1)), (429, (1, 0)), (500, (1, 0)), (503, (1, 0)), (501, (0, 0))]
        {
            let server = Server::start(move |_, _| reply(empty(code))).await;
            let (stack, throttle) = throttled(wire);
            assert_eq!(status(&stack, get(server.uri("/"))).await.unwrap(), code);
            assert_eq!(counted(&throttle), expected, "{code}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_call_counts_at_the_end_of_its_body() {
    on_both(async |wire| {
        let (sender, begun) = server::stream(200, &["one"]);
        let (server, (stack, throttle)) = (Server::once(begun).await, throttled(wire));
        let mut body = call(&stack, get(server.uri("/"))).await.unwrap().into_body();
        soon(body.frame()).await.unwrap().unwrap();
        assert_eq!(counted(&throttle), (0, 0));
        drop(sender);
        assert!(ends(&mut body).await);
        assert_eq!(counted(&throttle), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_head_that_is_a_failure_counts_at_once() {
    on_both(async |wire| {
        let (sender, begun) = server::stream(503, &["one"]);
        let (server, (stack, throttle)) = (Server::once(begun).await, throttled(wire));
        let response = call(&stack, get(server.uri("/"))).await.unwrap();
        assert_eq!(counted(&throttle), (1, 0));
        drop((sender, response));
        assert_eq!(counted(&throttle), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn a_body_that_breaks_is_a_failure_and_one_that_is_dropped_is_not() {
    on_both(async |wire| {
        let (server, (stack, throttle)) = (Server::once(broken(200)).await, throttled(wire));
        assert!(status(&stack, get(server.uri("/"))).await.is_err());
        assert_eq!(counted(&throttle), (1, 0));
        let (sender, begun) = server::stream(200, &["one"]);
        let (server, (stack, throttle)) = (Server::once(begun).await, throttled(wire));
        drop(call(&stack, get(server.uri("/"))).await.unwrap());
        assert_eq!(counted(&throttle), (1, 1));
        drop(sender);
    })
    .await;
}
