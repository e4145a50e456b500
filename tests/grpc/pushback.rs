//! Servers that say when a call may come back.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use palisade::{Backoff, Rate, RateLimitLayer, RetryBuilder};
use tonic::body::Body;
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_types::{ErrorDetails, StatusExt};
use tower::{Layer, service_fn};

use crate::client::{ByHead, ask, at_once, retrying};
use crate::patience::{ms, secs};
use crate::server::{Calls, Reply, scripted, serve_script};

const PUSHBACK: &str = "grpc-retry-pushback-ms";

fn pushing_back(code: Code, pushback: &str) -> Status {
    let mut status = Status::new(code, "later");
    let value = MetadataValue::try_from(pushback).expect("it can be sent");
    status.metadata_mut().insert(PUSHBACK, value);
    status
}

fn with_retry_info(code: Code, pause: Duration) -> Status {
    Status::with_error_details(code, "later", ErrorDetails::with_retry_info(Some(pause)))
}

/// The calls that tonic's service sees, without a connection, of one that it always answers so.
async fn seen_of(status: Status, retry: RetryBuilder<ByHead>) -> (Calls, Status) {
    let (health, calls) = scripted(move |_| Reply::Status(status.clone()));
    let mut client = HealthClient::new(retry.build().expect("it is legal").layer(health));
    let status = client.check(ask()).await.expect_err("the script serves nobody");
    (calls, status)
}

#[tokio::test(start_paused = true)]
async fn a_hint_is_waited_for_and_no_longer() {
    for code in [Code::Unavailable, Code::ResourceExhausted] {
        let mut both = with_retry_info(code, secs(5));
        both.metadata_mut().insert(PUSHBACK, "20".parse().unwrap());
        for (label, status, pause) in [
            ("no pause", pushing_back(code, "0"), ms(0)),
            ("a pushback", pushing_back(code, "50"), ms(50)),
            ("the longest pushback", pushing_back(code, "29999"), ms(29_999)),
            ("a retry info", with_retry_info(code, ms(70)), ms(70)),
            ("both, and the pushback counts", both, ms(20)),
        ] {
            let (calls, _) = seen_of(status, at_once()).await;
            assert_eq!(calls.pauses(), [pause; 2], "{code:?}: {label}");
        }
    }
    let retry = at_once().backoff(Backoff::constant(ms(7)));
    let (calls, _) = seen_of(pushing_back(Code::Unavailable, "50"), retry).await;
    assert_eq!(calls.pauses(), [ms(57); 2], "a backoff comes on top");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_pause_or_forbids_one_ends_the_retrying() {
    let mut twice = pushing_back(Code::Unavailable, "50");
    twice.metadata_mut().append(PUSHBACK, "50".parse().unwrap());
    let mut forbidden = with_retry_info(Code::ResourceExhausted, secs(5));
    forbidden.metadata_mut().insert(PUSHBACK, "-1".parse().unwrap());
    let quota = ErrorDetails::with_error_info("QUOTA", "example.com", [("a".to_owned(), "b".to_owned())]);
    for (label, status) in [
        ("negative", pushing_back(Code::Unavailable, "-1")),
        ("negative, exhausted", pushing_back(Code::ResourceExhausted, "-1")),
        ("garbage", pushing_back(Code::Unavailable, "soon")),
        ("garbage, exhausted", pushing_back(Code::ResourceExhausted, "soon")),
        ("two", twice),
        ("negative, over a retry info", forbidden),
        ("other details", Status::with_error_details(Code::ResourceExhausted, "later", quota)),
        ("unreadable details", Status::with_details(Code::ResourceExhausted, "later", "\u{1}garbage".into())),
    ] {
        assert_eq!(seen_of(status, at_once()).await.0.count(), 1, "{label}");
    }
    let (calls, status) = seen_of(pushing_back(Code::ResourceExhausted, "30001"), at_once()).await;
    assert_eq!((calls.count(), status.code(), status.message()), (1, Code::ResourceExhausted, "later"));
    assert_eq!(status.metadata().get(PUSHBACK).unwrap(), "30001", "longer than may be waited for, and whole");
}

#[tokio::test(start_paused = true)]
async fn a_pushback_makes_no_other_code_retryable() {
    for code in (1..17).map(Code::from_i32) {
        let expected = if matches!(code, Code::Unavailable | Code::ResourceExhausted) { 3 } else { 1 };
        assert_eq!(seen_of(pushing_back(code, "0"), at_once()).await.0.count(), expected, "{code:?}");
    }
}

#[tokio::test]
async fn a_hint_over_a_connection_is_heeded() {
    for (label, status, calls) in [
        ("a pushback", pushing_back(Code::ResourceExhausted, "50"), 2),
        ("a retry info", with_retry_info(Code::Unavailable, ms(50)), 2),
        ("no retry", pushing_back(Code::Unavailable, "-1"), 1),
        ("garbage", pushing_back(Code::Unavailable, "soon"), 1),
    ] {
        let script = move |call| if call == 0 { Reply::Status(status.clone()) } else { Reply::Served };
        let (addr, seen) = serve_script(script).await;
        let answer = retrying(addr, at_once()).check(ask()).await;
        assert_eq!((answer.is_ok(), seen.count()), (calls == 2, calls), "{label}");
        assert!(seen.pauses().iter().all(|pause| *pause >= ms(50)), "{label}: {:?}", seen.pauses());
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_heeds_a_hint_in_the_head_and_in_the_trailers() {
    for (label, status) in [
        ("a pushback", pushing_back(Code::ResourceExhausted, "5000")),
        ("a retry info", with_retry_info(Code::ResourceExhausted, secs(5))),
    ] {
        for in_trailers in [false, true] {
            let (given, calls) = (status.clone(), Arc::<AtomicUsize>::default());
            let counted = Arc::clone(&calls);
            let health = service_fn(move |_: Request<Body>| {
                counted.fetch_add(1, SeqCst);
                let given = given.clone();
                async move { Ok::<_, Infallible>(if in_trailers { trailing(&given) } else { given.into_http::<Body>() }) }
            });
            let layer = RateLimitLayer::grpc("health", Rate::per_second(100)).heed_throttling().build().unwrap();
            let mut client = HealthClient::new(layer.layer(health));
            let told = client.check(ask()).await.expect_err("the script serves nobody");
            assert_eq!(told.code(), Code::ResourceExhausted, "{label}");
            let left = layer.handle().try_enter().expect_err("it is shut");
            assert_eq!(left.retry_after(), Some(secs(5)), "{label}, in trailers: {in_trailers}");
            assert_eq!(calls.load(SeqCst), 1);
        }
    }
}

/// A response with a head that says nothing, and this status in its trailers.
fn trailing(status: &Status) -> Response<Body> {
    let mut trailers = HeaderMap::new();
    status.add_header(&mut trailers).expect("it can be sent");
    let end = futures_util::stream::iter([Ok::<_, Infallible>(Frame::<Bytes>::trailers(trailers))]);
    let response = Response::builder().header("content-type", "application/grpc");
    response.body(Body::new(StreamBody::new(end))).expect("it is legal")
}
