//! A real axum router behind `AnswerLayer`, seen by a client over HTTP/1.1 and HTTP/2.

use std::convert::Infallible;
use std::future::{pending, ready};
use std::io;
use std::io::ErrorKind::ConnectionRefused;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use palisade::http::{AnswerLayer, answer_to};
use palisade::test_util::EventLog;
use palisade::{BulkheadLayer, Error, Name, TimeoutLayer};
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

use crate::client::{Small, Wire, client, get as request};
use crate::errors::{failed, forced_open, full, open_for, rejected, timed_out};
use crate::patience::{HOUR, ms, secs, soon};
use crate::server::uri;
use crate::sockets::serve_router;
use crate::support::{Down, io_error};

type Answering = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

fn app() -> Router {
    Router::new().route("/", get(async || "hello")).route("/hang", get(pending::<&str>))
}

/// The status, the pause and the body that are answered at this path, over both wires.
async fn seen(router: Router, path: &str) -> (u16, Option<u64>, Bytes) {
    let address = uri(serve_router(router).await, path);
    let mut seen = Vec::new();
    for wire in [Wire::Http1, Wire::Http2] {
        let response = soon(client::<Small>(wire).request(request(&address))).await.unwrap();
        let pause = response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap().parse().unwrap());
        let status = response.status().as_u16();
        seen.push((status, pause, response.into_body().collect().await.unwrap().to_bytes()));
    }
    assert_eq!(seen[0], seen[1]);
    seen.swap_remove(0)
}

#[tokio::test]
async fn each_end_of_a_call_has_its_status() {
    let limit = || TimeoutLayer::new(HOUR);
    let fails = |_: Response<Body>| async { Err::<Response<Body>, Error>(failed(io_error("secret"))) };
    let failing = ServiceBuilder::new().layer(AnswerLayer::http()).and_then(fails);
    let timed = (AnswerLayer::http(), BulkheadLayer::new(1), TimeoutLayer::new(ms(10)));
    for (label, router, path, status, body) in [
        ("well", app().layer((AnswerLayer::http(), BulkheadLayer::new(1), limit())), "/", 200, "hello"),
        ("full", app().layer((AnswerLayer::http(), full(), limit())), "/", 503, ""),
        ("forced open", app().layer((AnswerLayer::http(), forced_open())), "/", 503, ""),
        ("timed out, and the place freed each time", app().layer(timed), "/hang", 504, ""),
        ("failed", app().layer(failing), "/", 500, ""),
    ] {
        assert_eq!(seen(router, path).await, (status, None, body.into()), "{label}");
    }
}

#[tokio::test]
async fn an_open_circuit_tells_when_to_come_back() {
    let (status, retry_after, body) = seen(app().layer((AnswerLayer::http(), open_for(HOUR))), "/").await;
    assert_eq!((status, body), (503, Bytes::new()));
    assert!((3000..=3600).contains(&retry_after.unwrap()), "{retry_after:?}");
}

const REFUSED: &str = "bulkhead `secret` rejected the call: all its places are taken";

#[tokio::test]
async fn a_function_chooses_the_status_and_the_body() {
    let layer = AnswerLayer::new(|error| {
        let mut response = answer_to::<Body>(&error);
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        *response.body_mut() = Body::from(error.to_string());
        response
    });
    assert_eq!(seen(app().layer((layer, full())), "/").await, (429, None, REFUSED.into()));
}

#[tokio::test]
async fn a_function_answers_in_axums_terms_over_bodies_of_any_make() {
    for (places, expected) in [(0, (429, None, REFUSED.into())), (1, (200, None, "hello".into()))] {
        let layer = AnswerLayer::axum(|error: Error| (StatusCode::TOO_MANY_REQUESTS, error.to_string()));
        let bulkhead = BulkheadLayer::http(places).name(Name::new("secret").expect("it is legal")).build().unwrap();
        assert_eq!(seen(app().layer((layer, bulkhead, TimeoutLayer::http(secs(60)))), "/").await, expected);
    }
}

#[tokio::test]
async fn one_path_out_of_order_leaves_the_others_alone() {
    let broken = get(async || "broken").layer((AnswerLayer::http(), forced_open()));
    let router = Router::new().route("/broken", broken).merge(app());
    assert_eq!(seen(router.clone(), "/broken").await.0, 503);
    assert_eq!(seen(router, "/").await.0, 200);
}

#[tokio::test]
async fn a_handler_may_return_the_error_itself() {
    let handler = async || Err::<&str, Error>(rejected(HOUR).await);
    let (status, retry_after, body) = seen(Router::new().route("/", get(handler)), "/").await;
    assert_eq!((status, retry_after, body), (503, Some(3600), Bytes::new()));
    let handler = async || Err::<&str, Error>(timed_out().await);
    assert_eq!(seen(Router::new().route("/", get(handler)), "/").await.0, 504);
    for error in [|| failed(io_error("secret")), || failed(Down(1)), || failed(io::Error::from(ConnectionRefused))] {
        let handler = async move || Err::<&str, Error>(error());
        assert_eq!(seen(Router::new().route("/", get(handler)), "/").await, (502, None, Bytes::new()));
    }
}

#[tokio::test]
async fn each_error_is_told_once_by_a_handler_or_a_layer() {
    let fails = || service_fn(|_: Request<Body>| ready(Err::<Response<Body>, _>(Down(1))));
    let app = |service: Answering| Router::new().route_service("/", service);
    for (label, status, router) in [
        ("a handler", 502, Router::new().route("/", get(async || Err::<&str, Error>(failed(Down(1)))))),
        ("a layer", 500, app(BoxCloneSyncService::new(AnswerLayer::http().layer(fails())))),
        (
            "a layer, by the error",
            500,
            app(BoxCloneSyncService::new(AnswerLayer::axum(|error: Error| error).layer(fails()))),
        ),
        (
            "a layer, by the error in a function",
            500,
            app(BoxCloneSyncService::new(AnswerLayer::new(|error: Error| error.into_response()).layer(fails()))),
        ),
    ] {
        let events = EventLog::of_thread();
        let Ok(response) = router.oneshot(Request::new(Body::empty())).await;
        assert_eq!(response.status(), status, "{label}");
        let told = events.of("palisade::answer");
        assert_eq!(
            told.iter().map(|event| event.field("error")).collect::<Vec<_>>(),
            ["the service failed: down 1"],
            "{label}"
        );
    }
}
