//! The standard stacks around real clients, and in a real server.

use std::future::pending;

use axum::Router;
use axum::body::Body;
use axum::routing::get as route;
use http::{HeaderName, Method, Response, StatusCode};
use palisade::fallback::{Degraded, function};
use palisade::http::{AnswerLayer, DeadlineLayer, server_standard, standard};
use palisade::reqwest::{ReqwestClient, ReqwestLayer};
use palisade::{
    Backoff, BulkheadLayer, CircuitBreakerLayer, CircuitHandle, Error, FallbackLayer, Rate, RateLimitLayer, RetryLayer,
    TimeoutLayer,
};
use tower::{Layer, ServiceBuilder, ServiceExt};

use crate::client::{Replayed, Small, Wire, call, client, get, on_both, request, status};
use crate::patience::{eventually, ms, secs, soon};
use crate::server::{Server, empty, reply, text as said, uri};
use crate::sockets::serve_router;

const MILLIS: &str = "x-request-timeout-ms";

/// A standard stack that waits little between its attempts.
macro_rules! quick {
    () => {
        standard("orders").unwrap().retry(|retry| retry.backoff(Backoff::constant(ms(20)))).unwrap()
    };
}

/// A server that is busy for two requests.
async fn busy_twice() -> Server {
    Server::start(|nth, _| reply(said(if nth < 3 { 503 } else { 200 }, "here"))).await
}

/// Failures in the rates, and in a row.
fn failures(circuit: &CircuitHandle) -> (u64, u32) {
    let counts = circuit.snapshot().counts;
    (counts.failures, counts.consecutive)
}

/// The values of the header, one for each request that arrived.
fn told(server: &Server, header: &str) -> Vec<Option<u64>> {
    let number = |value: &http::HeaderValue| value.to_str().unwrap().parse().unwrap();
    server.arrived().iter().map(|arrived| arrived.headers.get(header).map(number)).collect()
}

#[tokio::test]
async fn a_request_is_sent_again_whole_while_the_server_is_busy() {
    on_both(async |wire| {
        let (server, stack) = (busy_twice().await, quick!());
        let service = stack.layer(client::<Replayed>(wire));
        assert_eq!(status(&service, request(Method::PUT, server.uri("/"), "two left")).await.unwrap(), 200);
        assert_eq!(server.arrived().iter().map(|arrived| &arrived.body[..]).collect::<Vec<_>>(), [b"two left"; 3]);
    })
    .await;
}

#[tokio::test]
async fn each_status_is_counted_in_the_circuit() {
    on_both(async |wire| {
        let (server, stack) = (Server::start(|_, _| reply(empty(503))).await, quick!());
        let service = stack.layer(client::<Replayed>(wire));
        assert_eq!(status(&service, get(server.uri("/"))).await.unwrap(), 503);
        assert_eq!((failures(&stack.handles().circuit), server.calls()), ((1, 3), 3));
    })
    .await;
}

#[tokio::test]
async fn all_attempts_share_the_callers_deadline_and_tell_what_is_left() {
    on_both(async |wire| {
        let (server, service) = (busy_twice().await, quick!().layer(client::<Replayed>(wire)));
        let mut request = get(server.uri("/"));
        request.headers_mut().insert(MILLIS, 9000.into());
        assert_eq!(status(&service, request).await.unwrap(), 200);
        let left: Vec<_> = told(&server, MILLIS).into_iter().map(Option::unwrap).collect();
        assert!(left.len() == 3 && left[0] <= 9000 && left[1] < left[0] && left[2] < left[1], "{left:?}");
    })
    .await;
}

/// The attempt timeout is nearer than the total one.
#[tokio::test]
async fn a_server_is_told_how_long_an_attempt_waits() {
    on_both(async |wire| {
        let other = "x-time-left";
        let deadlines = || DeadlineLayer::header(HeaderName::from_static(other));
        let server = Server::start(|_, _| reply(empty(200))).await;
        status(&quick!().layer(client::<Replayed>(wire)), get(server.uri("/"))).await.unwrap();
        status(&quick!().deadlines(deadlines()).layer(client::<Replayed>(wire)), get(server.uri("/"))).await.unwrap();
        status(&quick!().without_deadlines().layer(client::<Replayed>(wire)), get(server.uri("/"))).await.unwrap();
        let is_told =
            |header| told(&server, header).iter().map(|left| left.map(|left| left <= 10_000)).collect::<Vec<_>>();
        assert_eq!((is_told(MILLIS), is_told(other)), (vec![Some(true), None, None], vec![None, Some(true), None]));
    })
    .await;
}

#[tokio::test]
async fn without_retry_the_client_takes_the_callers_own_body() {
    on_both(async |wire| {
        let server = busy_twice().await;
        let service = standard::<()>("orders").unwrap().without_retry().layer(client::<Small>(wire));
        assert_eq!(status(&service, get(server.uri("/"))).await.unwrap(), 503);
        assert_eq!(server.calls(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_fallback_is_taken_for_a_status_that_is_a_failure() {
    on_both(async |wire| {
        let server = Server::start(|nth, _| reply(empty(if nth == 1 { 404 } else { 500 }))).await;
        let degraded = function(|_: Result<&Response<_>, &Error>| Ok::<_, Error>(Response::default()));
        let service = ServiceBuilder::new()
            .layer(quick!().fallback(degraded))
            .map_response(|response: Response<_>| response.map(Body::new))
            .service(client::<Replayed>(wire));
        for (status, step) in [(404, None), (200, Some(1))] {
            let answer = call(&service, get(server.uri("/"))).await.unwrap();
            assert_eq!(answer.status(), status);
            assert_eq!(answer.extensions().get::<Degraded>().map(|degraded| degraded.step), step);
        }
    })
    .await;
}

#[tokio::test]
async fn reqwest_is_asked_again_and_given_its_own_response() {
    on_both(async |wire| {
        let server = busy_twice().await;
        let stack = quick!();
        let service = ServiceBuilder::new()
            .layer(ReqwestLayer)
            .layer(stack.clone())
            .service(ReqwestClient::new(crate::reqwest::client(wire)));
        let request = crate::reqwest::request(Method::PUT, &server.uri("/"), "two left");
        let response = soon(service.oneshot(request)).await.unwrap();
        assert_eq!((response.status(), response.text().await.unwrap()), (StatusCode::OK, "here".to_owned()));
        assert_eq!((server.calls(), &server.arrived()[2].body[..]), (3, &b"two left"[..]));
        assert_eq!(failures(&stack.handles().circuit), (1, 0));
    })
    .await;
}

/// So it costs what they cost.
#[tokio::test]
async fn its_services_are_those_of_its_layers_by_hand() {
    fn same<T>(_: &T, _: &T) {}
    let client = client::<Replayed>(Wire::Http1);
    let by_hand = ServiceBuilder::new()
        .layer(DeadlineLayer::http())
        .layer(TimeoutLayer::http(secs(30)))
        .layer(RetryLayer::http::<Replayed>("orders").build().unwrap())
        .layer(CircuitBreakerLayer::http("orders").build().unwrap())
        .layer(BulkheadLayer::http(8).build().unwrap())
        .layer(TimeoutLayer::http(secs(10)))
        .layer(DeadlineLayer::http())
        .service(client.clone());
    same(&quick!().bulkhead(8).layer(client), &by_hand);
    let step = || function(|_: Result<&Response<Body>, &Error>| Ok::<_, Error>(Response::<Body>::default()));
    let (step, router) = (step(), Router::<()>::new());
    let by_hand = ServiceBuilder::new()
        .layer(AnswerLayer::http())
        .layer(FallbackLayer::http(step))
        .layer(DeadlineLayer::http())
        .layer(TimeoutLayer::http(secs(30)))
        .layer(BulkheadLayer::http(8).build().unwrap())
        .service(router.clone());
    same(&server_standard(8).fallback(step).layer(router), &by_hand);
}

#[tokio::test]
async fn a_server_answers_what_is_too_much_and_what_is_too_late() {
    on_both(async |wire| {
        let stack = server_standard(1);
        let places = stack.handles().bulkhead;
        let never = || async { pending::<()>().await };
        let router = Router::new().route("/hang", route(never)).route("/", route(|| async { "here" })).layer(stack);
        let addr = serve_router(router).await;
        let client = client::<Small>(wire);

        let hung = tokio::spawn(client.request(get(uri(addr, "/hang"))));
        eventually("it is in flight", || places.in_flight() == 1).await;
        assert_eq!(soon(client.request(get(uri(addr, "/")))).await.unwrap().status(), 503);
        hung.abort();
        eventually("its caller has gone", || places.in_flight() == 0).await;

        let mut request = get(uri(addr, "/hang"));
        request.headers_mut().insert(MILLIS, 50.into());
        assert_eq!(soon(client.request(request)).await.unwrap().status(), 504);
        assert_eq!(soon(client.request(get(uri(addr, "/")))).await.unwrap().status(), 200);
    })
    .await;
}

#[tokio::test]
async fn an_upstream_that_is_gone_fails_as_itself_and_is_then_not_asked() {
    on_both(async |wire| {
        let (_held, addr) = crate::sockets::refusing();
        let stack = quick!().circuit_breaker(|circuit| circuit.consecutive(3)).unwrap();
        let service = stack.layer(client::<Replayed>(wire));
        let gone = call(&service, get(uri(addr, "/"))).await.map(drop).unwrap_err();
        assert!(matches!(gone, Error::Service(_)), "{gone:?}");
        let stopped = call(&service, get(uri(addr, "/"))).await.map(drop).unwrap_err();
        assert_eq!(stopped.rejection().unwrap().name().as_str(), "orders");
    })
    .await;
}

#[test]
fn a_stack_for_http_is_described_with_the_header_of_deadlines() {
    let shown = standard::<Replayed>("orders").unwrap().describe().to_string();
    let lines: Vec<_> = shown.lines().map(|line| line.split(':').next().unwrap().trim()).collect();
    let parts = ["deadline taken", "total timeout", "retry", "circuit breaker", "attempt timeout", "deadline sent"];
    assert_eq!((lines[0], &lines[1..]), ("orders", &parts[..]));
    assert!(shown.ends_with("deadline sent: header x-request-timeout-ms"), "{shown}");
    let server = "server\n  answers\n  deadline taken: header x-request-timeout-ms\n  total timeout: limit 30s\n  bulkhead: max_concurrent 8";
    assert_eq!(server_standard(8).describe().to_string(), server);
}

#[tokio::test]
async fn a_server_limits_the_rate_of_each_client_inside_its_answers() {
    on_both(async |wire| {
        let by = |request: &http::Request<Body>| request.headers().get("x-client").cloned();
        let limit = RateLimitLayer::http("clients", Rate::per(secs(3600), 1)).headers().per_key(by).build().unwrap();
        let stack = server_standard(10).rate_limit(limit);
        let addr = serve_router(Router::new().route("/", route(async || "hello")).layer(stack)).await;
        let client = client::<Small>(wire);
        for (name, expected) in [("one", 200), ("one", 429), ("two", 200)] {
            let mut request = get(uri(addr, "/"));
            request.headers_mut().insert("x-client", name.parse().unwrap());
            assert_eq!(call(&client, request).await.unwrap().status(), expected, "{name}");
        }
    })
    .await;
}
