//! All five layers around reqwest's client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream;
use http::{Response, StatusCode};
use palisade::fallback::{Degraded, function};
use palisade::http::not_sent;
use palisade::reqwest::{ReqwestClient, ReqwestLayer};
use palisade::test_util::{EventLog, LoggedEvent};
use palisade::{
    Backoff, BulkheadHandle, BulkheadLayer, CircuitBreakerLayer, CircuitHandle, Deadline, Error, FallbackLayer,
    RetryLayer, TimeoutLayer,
};
use reqwest::{Body, Client, ClientBuilder, Method, Request};
use tower::{Service, ServiceBuilder};

use crate::circuit::{built, consecutive, counted};
use crate::client::{Wire, on_both};
use crate::patience::{ms, secs, soon};
use crate::server::{self, Server, empty, hang, reply, silence, with_header};
use crate::sockets::refusing;
use crate::support::io_error;
use crate::unsent::listen_late;

pub(crate) fn client(wire: Wire) -> Client {
    let builder: ClientBuilder = Client::builder().no_proxy();
    let builder = if wire == Wire::Http2 { builder.http2_prior_knowledge() } else { builder };
    builder.build().unwrap()
}

pub(crate) fn request(method: Method, uri: &str, body: &'static str) -> Request {
    let mut request = Request::new(method, uri.parse().unwrap());
    if !body.is_empty() {
        *request.body_mut() = Some(Body::from(body));
    }
    request
}

/// The whole stack, and what steers it.
pub(crate) struct Stack<S> {
    service: S,
    places: BulkheadHandle,
    circuit: CircuitHandle,
}

impl<S: Service<Request, Response = reqwest::Response, Error = Error> + Clone> Stack<S> {
    pub(crate) async fn call(&self, request: Request) -> Result<reqwest::Response, Error> {
        soon(tower::ServiceExt::oneshot(self.service.clone(), request)).await
    }

    async fn get(&self, uri: &str) -> Result<reqwest::Response, Error> {
        self.call(request(Method::GET, uri, "")).await
    }
}

pub(crate) fn stack(
    wire: Wire,
    attempts: u32,
) -> Stack<impl Service<Request, Response = reqwest::Response, Error = Error, Future: Send> + Clone> {
    let retry = RetryLayer::http("api").max_attempts(attempts).backoff(Backoff::constant(ms(20))).without_budget();
    let bulkhead = BulkheadLayer::http(8).build().unwrap();
    let breaker = CircuitBreakerLayer::http("api").min_calls(10_000).build().unwrap();
    let (places, circuit) = (bulkhead.handle(), breaker.handle());
    // A response from nowhere, where the service said that it is down.
    let degraded = function(|failed: Result<&Response<_>, &Error>| match failed {
        Ok(_) => {
            let mut answer = Response::default();
            *answer.status_mut() = StatusCode::IM_A_TEAPOT;
            Ok::<_, Error>(answer)
        }
        Err(error) => Err(Error::from(tower::BoxError::from(error.to_string()))),
    });
    let service = ServiceBuilder::new()
        .layer(ReqwestLayer)
        .layer(FallbackLayer::http(degraded).fallback_if(|failed: Result<&Response<_>, &Error>| {
            failed.is_ok_and(|answer| answer.status() == StatusCode::BAD_GATEWAY)
        }))
        .layer(TimeoutLayer::http(secs(10)))
        .layer(bulkhead)
        .layer(retry.build().unwrap())
        .layer(breaker)
        .service(ReqwestClient::new(client(wire)));
    Stack { service, places, circuit }
}

#[tokio::test]
async fn a_response_through_all_layers_is_what_reqwest_would_give() {
    on_both(async |wire| {
        let server = Server::start(|_, arrived| match arrived.path.as_str() {
            "/missing" => reply(server::text(404, "not here")),
            _ => reply(with_header(server::text(200, r#"{"left": 7}"#), "content-type", "application/json")),
        })
        .await;
        let stack = stack(wire, 3);
        let answer = stack.get(&server.uri("/stock?of=nails")).await.unwrap();
        assert_eq!((answer.status(), answer.url().as_str()), (StatusCode::OK, server.uri("/stock?of=nails").as_str()));
        assert_eq!(answer.headers()["content-type"], "application/json");
        assert_eq!(stack.places.in_flight(), 1, "its body is not read yet");
        assert_eq!(answer.json::<HashMap<String, u32>>().await.unwrap()["left"], 7);
        assert_eq!((stack.places.in_flight(), stack.circuit.snapshot().counts.calls), (0, 1));
        let missing = stack.get(&server.uri("/missing")).await.unwrap();
        assert_eq!(missing.error_for_status_ref().unwrap_err().status(), Some(StatusCode::NOT_FOUND));
        assert_eq!(missing.text().await.unwrap(), "not here");
    })
    .await;
}

#[tokio::test]
async fn a_redirect_of_a_get_is_followed_and_the_url_is_where_it_led() {
    on_both(async |wire| {
        for status in [301, 302, 303, 307, 308] {
            let server = Server::once(with_header(empty(status), "location", "/new")).await;
            let answer = stack(wire, 3).get(&server.uri("/old")).await.unwrap();
            assert_eq!((answer.status().as_u16(), answer.url().as_str()), (200, &*server.uri("/new")), "{status}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_get_is_retried_and_a_post_is_not_unless_it_never_left() {
    on_both(async |wire| {
        let server = Server::start(|nth, _| reply(empty(if nth % 2 == 1 { 503 } else { 200 }))).await;
        let stack = stack(wire, 1000);
        assert_eq!(stack.get(&server.uri("/")).await.unwrap().status(), 200);
        let post = |uri: &str, body| request(Method::POST, uri, body);
        assert_eq!(stack.call(post(&server.uri("/"), "order")).await.unwrap().status(), 503);
        assert_eq!((server.calls(), &server.arrived()[2].body[..]), (3, &b"order"[..]));
        for body in ["order", ""] {
            let (events, (nobody, addr)) = (EventLog::of_thread(), refusing());
            let late = post(&server::uri(addr, "/"), body);
            let (answer, server) = tokio::join!(stack.call(late), listen_late(&events, nobody));
            assert_eq!((answer.unwrap().status().as_u16(), server.calls()), (200, 1));
            assert_eq!(server.arrived()[0].body, body);
        }
    })
    .await;
}

/// What the retry said, and how many calls the circuit counted, of a request that fails by its own fault.
async fn own_fault(wire: Wire, request: Request) -> (Vec<LoggedEvent>, u64) {
    let (stack, events) = (stack(wire, 3), EventLog::of_thread());
    stack.call(request).await.unwrap_err();
    (events.of("palisade::retry"), stack.circuit.snapshot().counts.calls)
}

#[tokio::test]
async fn a_request_at_fault_counts_for_nothing_and_is_attempted_once() {
    for uri in ["ftp://files.invalid/", "data:text/plain,order"] {
        let seen = own_fault(Wire::Http1, request(Method::GET, uri, "")).await;
        assert_eq!(seen, (vec![], 0), "{uri}");
    }
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(empty(200))).await;
        let mut put = request(Method::PUT, &server.uri("/"), "");
        let pieces = [Ok("half"), Err(io_error("no more can be read"))];
        *put.body_mut() = Some(Body::wrap_stream(stream::iter(pieces)));
        assert_eq!((own_fault(wire, put).await, server.calls()), ((vec![], 0), 0));
    })
    .await;
}

#[tokio::test]
async fn an_error_to_connect_is_reqwests_own() {
    on_both(async |wire| {
        let (_nobody, addr) = refusing();
        let uri = server::uri(addr, "/");
        let error = stack(wire, 2).call(request(Method::POST, &uri, "order")).await.unwrap_err();
        assert!(error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect), "{error:?}");
        assert!(not_sent(&error));
    })
    .await;
}

#[tokio::test]
async fn a_fallback_gives_a_response_of_its_own_in_reqwests_shape() {
    let server = Server::start(|_, _| reply(server::text(502, "down"))).await;
    let answer = stack(Wire::Http1, 2).get(&server.uri("/")).await.unwrap();
    assert_eq!((answer.status(), server.calls()), (StatusCode::IM_A_TEAPOT, 2));
    assert_eq!(answer.text().await.unwrap(), "");
}

#[tokio::test]
async fn a_fallback_around_all_goes_by_the_status_in_reqwests_form() {
    for (status, expected) in [(503, "spare"), (500, "spare"), (429, "spare"), (404, "primary"), (200, "primary")] {
        let server = Server::start(move |_, _| reply(server::text(status, "primary"))).await;
        let spare = function(|_: Result<&reqwest::Response, &Error>| {
            Ok::<_, Error>(reqwest::Response::from(Response::new("spare")))
        });
        let service = ServiceBuilder::new().layer(FallbackLayer::http(spare)).layer(ReqwestLayer);
        let service = service.service(ReqwestClient::new(client(Wire::Http1)));
        let answer = tower::ServiceExt::oneshot(service, request(Method::GET, &server.uri("/"), "")).await.unwrap();
        let degraded = answer.extensions().get::<Degraded>().map(|degraded| degraded.step);
        assert_eq!(degraded, (expected == "spare").then_some(1), "{status}");
        assert_eq!(answer.text().await.unwrap(), expected, "{status}");
    }
}

#[tokio::test]
async fn a_body_that_timed_out_is_a_timeout_to_reqwest() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(silence(200))).await;
        let service = ServiceBuilder::new().layer(ReqwestLayer).layer(TimeoutLayer::http(ms(400)));
        let service = service.service(ReqwestClient::new(client(wire)));
        let answer = tower::ServiceExt::oneshot(service, request(Method::GET, &server.uri("/"), "")).await.unwrap();
        let error = soon(answer.bytes()).await.unwrap_err();
        assert!(error.is_timeout(), "{error:?}");
        let mut causes = std::iter::successors(Some(&error as &dyn std::error::Error), |&cause| cause.source());
        assert!(causes.any(|cause| cause.downcast_ref().is_some_and(Error::is_timeout)), "{error:?}");
    })
    .await;
}

/// A request that brings a limit of its own.
fn limited(uri: &str, limit: Duration) -> Request {
    let mut request = request(Method::GET, uri, "");
    *request.timeout_mut() = Some(limit);
    request
}

#[tokio::test]
async fn the_timeout_of_a_request_is_the_limit_of_all_its_attempts() {
    on_both(async |wire| {
        let server = Server::start(|_, _| hang()).await;
        let error = stack(wire, 3).call(limited(&server.uri("/"), ms(200))).await.unwrap_err();
        assert!(error.elapsed().is_some_and(|elapsed| elapsed.by_caller() && elapsed.limit() <= ms(200)), "{error:?}");
        assert!(server.calls() <= 1, "{}", server.calls());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_brings_too_short_a_timeout_opens_no_circuit() {
    let (breaker, circuit) = built(consecutive(1));
    let inner = tower::service_fn(|_: http::Request<Body>| std::future::pending::<Result<Response<Body>, Error>>());
    let mut service = ServiceBuilder::new().layer(ReqwestLayer).layer(breaker).service(inner);
    assert!(service.call(limited("http://h/", ms(30))).await.unwrap_err().is_timeout());
    assert_eq!(counted(&circuit), (0, 0));
}

#[tokio::test]
async fn the_timeout_of_a_request_covers_the_body() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(silence(200))).await;
        let answer = stack(wire, 1).call(limited(&server.uri("/"), ms(400))).await.unwrap();
        assert!(soon(answer.bytes()).await.unwrap_err().is_timeout());
    })
    .await;
}

#[tokio::test]
async fn the_deadline_of_a_request_is_around_its_call() {
    let left = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&left);
    let inner = tower::service_fn(move |_: http::Request<Body>| {
        *seen.lock().unwrap() = Deadline::current().map(Deadline::remaining);
        std::future::ready(Ok::<_, Error>(Response::new(Body::default())))
    });
    let mut service = ServiceBuilder::new().layer(ReqwestLayer).service(inner);
    for (request, limit) in
        [(limited("http://h/", secs(60)), Some(secs(60))), (request(Method::GET, "http://h/", ""), None)]
    {
        service.call(request).await.unwrap();
        let left = left.lock().unwrap().take();
        assert_eq!((left.is_some(), left <= limit), (limit.is_some(), true), "{left:?}");
    }
}
