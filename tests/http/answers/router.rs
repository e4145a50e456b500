//! A real axum router behind `AnswerLayer`, seen by a client over HTTP/1.1 and HTTP/2.

use std::{future::pending, io::ErrorKind};

use axum::{Router, body::Body, routing::get};
use bytes::Bytes;
use http::{Request, Response, StatusCode, Version, header::RETRY_AFTER};
use http_body_util::{BodyExt, Empty};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use palisade::{
    BulkheadLayer, Error, TimeoutLayer,
    http::{AnswerLayer, answer_to},
};
use tokio::net::TcpListener;
use tower::ServiceBuilder;

use crate::answers::{MILLI, SECOND, forced_open, full, open_for, support::io_error};

/// Serves a router; tells its address.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn client(version: Version) -> Client<HttpConnector, Empty<Bytes>> {
    Client::builder(TokioExecutor::new()).http2_only(version == Version::HTTP_2).build_http()
}

/// What a client sees.
#[derive(Debug, PartialEq)]
struct Answer {
    status: StatusCode,
    retry_after: Option<u64>,
    body: Bytes,
}

fn empty(status: StatusCode, retry_after: Option<u64>) -> Answer {
    Answer { status, retry_after, body: Bytes::new() }
}

async fn ask(version: Version, address: &str) -> Answer {
    let request = Request::get(address).version(version).body(Empty::new()).unwrap();
    let response = client(version).request(request).await.unwrap();
    assert_eq!(response.version(), version);
    let retry_after = response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap().parse().unwrap());
    let status = response.status();
    Answer { status, retry_after, body: response.into_body().collect().await.unwrap().to_bytes() }
}

fn app() -> Router {
    Router::new().route("/", get(|| async { "hello" })).route("/hang", get(pending::<&str>))
}

/// What is answered at this path, over both versions.
async fn seen(router: Router, path: &str) -> Answer {
    let address = serve(router).await + path;
    let answer = ask(Version::HTTP_11, &address).await;
    assert_eq!(ask(Version::HTTP_2, &address).await, answer);
    answer
}

#[tokio::test]
async fn a_routers_own_answer_passes() {
    let stack = (AnswerLayer::http(), BulkheadLayer::new(1), TimeoutLayer::new(60 * SECOND));
    let answer = seen(app().layer(stack), "/").await;
    assert_eq!(answer, Answer { body: "hello".into(), ..empty(StatusCode::OK, None) });
}

#[tokio::test]
async fn a_full_bulkhead_is_503() {
    let stack = (AnswerLayer::http(), full(), TimeoutLayer::new(60 * SECOND));
    assert_eq!(seen(app().layer(stack), "/").await, empty(StatusCode::SERVICE_UNAVAILABLE, None));
}

#[tokio::test]
async fn an_open_circuit_is_503_and_tells_when_to_come_back() {
    let answer = seen(app().layer((AnswerLayer::http(), open_for(3600 * SECOND))), "/").await;
    let retry_after = answer.retry_after.unwrap();
    assert_eq!(answer, empty(StatusCode::SERVICE_UNAVAILABLE, Some(retry_after)));
    assert!((3000..=3600).contains(&retry_after), "{retry_after}");
}

#[tokio::test]
async fn a_circuit_forced_open_is_503_and_promises_nothing() {
    let router = app().layer((AnswerLayer::http(), forced_open()));
    assert_eq!(seen(router, "/").await, empty(StatusCode::SERVICE_UNAVAILABLE, None));
}

#[tokio::test]
async fn a_timeout_is_504_and_frees_its_place() {
    let stack = (AnswerLayer::http(), BulkheadLayer::new(1), TimeoutLayer::new(10 * MILLI));
    assert_eq!(seen(app().layer(stack), "/hang").await, empty(StatusCode::GATEWAY_TIMEOUT, None));
}

#[tokio::test]
async fn a_service_that_failed_is_500_and_its_error_stays_inside() {
    let fails = |_: Response<Body>| async { Err::<Response<Body>, Error>(Error::Service(io_error("secret").into())) };
    let stack = ServiceBuilder::new().layer(AnswerLayer::http()).and_then(fails);
    assert_eq!(seen(app().layer(stack), "/").await, empty(StatusCode::INTERNAL_SERVER_ERROR, None));
}

#[tokio::test]
async fn a_function_chooses_the_status_and_the_body() {
    let layer = AnswerLayer::new(|error| {
        let mut response = answer_to::<Body>(&error);
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        *response.body_mut() = Body::from(error.to_string());
        response
    });
    let answer = seen(app().layer((layer, full())), "/").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.body, "bulkhead `secret` rejected the call: all its places are taken");
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn a_function_answers_in_axums_terms_over_bodies_of_any_make() {
    let answers = |places| {
        let layer = AnswerLayer::axum(|error: Error| (StatusCode::TOO_MANY_REQUESTS, error.to_string()));
        let bulkhead = BulkheadLayer::http(places).name("secret").build().unwrap();
        app().layer((layer, bulkhead, TimeoutLayer::http(60 * SECOND)))
    };
    let refused = "bulkhead `secret` rejected the call: all its places are taken";
    let expected = Answer { body: refused.into(), ..empty(StatusCode::TOO_MANY_REQUESTS, None) };
    assert_eq!(seen(answers(0), "/").await, expected);
    assert_eq!(seen(answers(1), "/").await, Answer { body: "hello".into(), ..empty(StatusCode::OK, None) });
}

#[tokio::test]
async fn one_path_out_of_order_leaves_the_others_alone() {
    let broken = get(|| async { "broken" }).layer((AnswerLayer::http(), forced_open()));
    let router = Router::new().route("/broken", broken).merge(app());
    assert_eq!(seen(router.clone(), "/broken").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(seen(router, "/").await.status, StatusCode::OK);
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn a_handler_may_return_the_error_itself() {
    let handler = || async { Err::<&str, Error>(crate::answers::rejected(3600 * SECOND).await) };
    let answer = seen(Router::new().route("/", get(handler)), "/").await;
    let retry_after = answer.retry_after.unwrap();
    assert_eq!(answer, empty(StatusCode::SERVICE_UNAVAILABLE, Some(retry_after)));
    assert!((3599..=3600).contains(&retry_after), "{retry_after}");
}

#[test]
fn an_error_of_the_service_is_500_also_when_it_is_about_time() {
    let error = Error::Service(std::io::Error::from(ErrorKind::TimedOut).into());
    assert_eq!(answer_to::<String>(&error).status(), StatusCode::INTERNAL_SERVER_ERROR);
}
