//! Responses that are set aside for another attempt, and the one that is the last.

use http::Response;
use http_body_util::BodyExt;
use palisade::{Backoff, BulkheadLayer, Error};
use tower::ServiceBuilder;

use crate::circuit::{built, consecutive};
use crate::client::{Small, Wire, call, client, ends, get, on_both, retry, status, text};
use crate::patience::{eventually, ms, soon};
use crate::server::{self, Piece, Server, empty, endless, reply, silence};

#[tokio::test]
async fn the_result_is_the_last_response_with_its_body() {
    on_both(async |wire| {
        let server = Server::start(|nth, _| reply(server::text(503, format!("attempt {nth}").repeat(1000)))).await;
        let stack = ServiceBuilder::new().layer(retry().build().unwrap()).service(client(wire));
        let answer = call(&stack, get(server.uri("/"))).await.unwrap();
        assert_eq!(answer.status(), 503);
        assert_eq!(text(answer).await.unwrap(), "attempt 3".repeat(1000));
        assert_eq!(server.calls(), 3);
    })
    .await;
}

/// The response of a service whose first opens the circuit, so that the retry of it is rejected.
async fn rejected_after(wire: Wire, backoff: Backoff, answer: fn() -> Response<Piece>) -> (u16, Result<String, Error>) {
    let server = Server::start(move |_, _| reply(answer())).await;
    let (breaker, circuit) = built(consecutive(1));
    let retry = retry().backoff(backoff).build().unwrap();
    let stack = ServiceBuilder::new().layer(retry).layer(breaker).service(client(wire));
    let answer = call(&stack, get(server.uri("/"))).await.unwrap();
    assert_eq!((server.calls(), circuit.snapshot().rejected), (1, 1));
    (answer.status().as_u16(), text(answer).await)
}

#[tokio::test]
async fn a_response_set_aside_is_returned_whole_or_says_what_it_lacks() {
    on_both(async |wire| {
        for backoff in [Backoff::none(), Backoff::constant(ms(200))] {
            let whole = rejected_after(wire, backoff, || server::text(503, "why ".repeat(4000))).await;
            assert_eq!((whole.0, whole.1.unwrap()), (503, "why ".repeat(4000)));
            let bare = rejected_after(wire, backoff, || empty(503)).await;
            assert_eq!((bare.0, bare.1.unwrap().as_str()), (503, ""));
            for too_large in [|| endless(503), || silence(503)] {
                let (status, body) = rejected_after(wire, backoff, too_large).await;
                let error = body.unwrap_err();
                let cause = std::error::Error::source(&error).unwrap().to_string();
                assert!(matches!(error, Error::Service(_)) && cause.contains("dropped"), "{cause}");
                assert_eq!(status, 503);
            }
        }
    })
    .await;
}

/// Responses that are small enough to be read, of known length and not.
const SMALL: [fn() -> Response<Piece>; 5] = [
    || empty(503),
    || server::text(503, "no"),
    || server::text(503, "no".repeat(5000)),
    || server::text(503, "no".repeat(8192)),
    || server::stream(503, &["no", "thing"]).1,
];

/// How many connections it takes to be answered ten times, each after a response like this.
async fn connections(wire: Wire, backoff: Backoff, refusal: fn() -> Response<Piece>) -> usize {
    let server =
        Server::start(move |nth, _| reply(if nth % 2 == 1 { refusal() } else { server::text(200, "well") })).await;
    let stack = ServiceBuilder::new().layer(retry().backoff(backoff).build().unwrap()).service(client(wire));
    for _ in 0..10 {
        let answer = call(&stack, get(server.uri("/"))).await.unwrap();
        assert_eq!(text(answer).await.unwrap(), "well");
    }
    assert_eq!(server.calls(), 20);
    eventually("all answers are over", || server.streaming() == 0).await;
    server.connections()
}

#[tokio::test]
async fn small_responses_that_are_retried_keep_their_connection() {
    on_both(async |wire| {
        for backoff in [Backoff::none(), Backoff::constant(ms(20))] {
            for refusal in SMALL {
                // One in all, but for those that a busy machine does not drain in time; undrained, HTTP/1 takes eleven.
                let connections = connections(wire, backoff, refusal).await;
                assert!(connections < 6, "{wire:?}, {backoff:?}: {connections}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_endless_response_that_is_retried_costs_its_connection() {
    for refusal in [|| endless(503), || silence(503), || server::text(503, "no".repeat(1 << 20))] {
        // Of HTTP/2, it costs no more than the stream.
        assert_eq!(connections(Wire::Http2, Backoff::constant(ms(20)), refusal).await, 1);
        assert!((2..=11).contains(&connections(Wire::Http1, Backoff::constant(ms(20)), refusal).await));
    }
}

#[tokio::test]
async fn the_place_of_a_response_is_free_for_the_next_attempt() {
    on_both(async |wire| {
        for backoff in [Backoff::none(), Backoff::constant(ms(20))] {
            for refusal in [|| empty(503), || server::text(503, "no"), || endless(503), || silence(503)] {
                let server =
                    Server::start(move |nth, _| reply(if nth < 3 { refusal() } else { server::text(200, "well") }))
                        .await;
                let bulkhead = BulkheadLayer::http(1).build().unwrap();
                let places = bulkhead.handle();
                let layers = ServiceBuilder::new().layer(retry().backoff(backoff).build().unwrap()).layer(bulkhead);
                let stack = layers.service(client(wire));
                let answer = call(&stack, get(server.uri("/"))).await.unwrap();
                assert_eq!((answer.status().as_u16(), server.calls(), places.in_flight()), (200, 3, 1));
                assert_eq!(text(answer).await.unwrap(), "well");
                assert_eq!(places.in_flight(), 0);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_response_that_is_not_retried_streams_through_as_it_comes() {
    on_both(async |wire| {
        let (mut sender, begun) = server::stream(200, &["one"]);
        let server = Server::once(begun).await;
        let stack = ServiceBuilder::new().layer(retry().build().unwrap()).service(client(wire));
        let mut body = call(&stack, get(server.uri("/"))).await.unwrap().into_body();
        assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), "one");
        sender.send_data("two".into()).await.unwrap();
        assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), "two");
        drop(sender);
        assert!(ends(&mut body).await);
    })
    .await;
}

#[tokio::test]
async fn a_head_request_is_retried_though_its_response_has_no_body() {
    on_both(async |wire| {
        let server = Server::start(|nth, _| reply(server::text(if nth == 1 { 503 } else { 200 }, "never sent"))).await;
        let stack = ServiceBuilder::new().layer(retry().build().unwrap()).service(client(wire));
        let head = http::Request::head(server.uri("/")).body(Small::default()).unwrap();
        assert_eq!((status(&stack, head).await.unwrap(), server.calls()), (200, 2));
    })
    .await;
}
