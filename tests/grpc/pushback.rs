//! Servers that say when a call may come back.

use std::time::Duration;

use palisade::{Backoff, RetryBuilder, RetryLayer};
use tonic::{Code, Status, body::Body, metadata::MetadataValue};
use tonic_health::pb::health_client::HealthClient;
use tonic_types::{ErrorDetails, StatusExt};
use tower::Layer;

use crate::{
    client::{ByHead, ask, at_once, retrying},
    server::{Calls, Reply, scripted, serve_script},
};

fn pushing_back(code: Code, pushback: &str) -> Status {
    let mut status = Status::new(code, "later");
    let value = MetadataValue::try_from(pushback).expect("it can be sent");
    status.metadata_mut().insert("grpc-retry-pushback-ms", value);
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

async fn attempts_after(status: Status) -> usize {
    seen_of(status, at_once()).await.0.count()
}

#[tokio::test(start_paused = true)]
async fn a_pushback_is_waited_for_and_no_longer() {
    for code in [Code::Unavailable, Code::ResourceExhausted] {
        for millis in [0, 50, 29_999] {
            let (calls, _) = seen_of(pushing_back(code, &millis.to_string()), at_once()).await;
            assert_eq!(calls.pauses(), [Duration::from_millis(millis); 2], "{code:?} {millis}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pushback_that_is_negative_or_garbage_ends_the_retrying() {
    for pushback in ["-1", "-50", "", "soon", "1.5", "50ms", "+50", "0x10", "2147483648", "99999999999999999999"] {
        assert_eq!(attempts_after(pushing_back(Code::Unavailable, pushback)).await, 1, "{pushback}");
        assert_eq!(attempts_after(pushing_back(Code::ResourceExhausted, pushback)).await, 1, "{pushback}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_pushbacks_end_the_retrying() {
    let mut status = pushing_back(Code::Unavailable, "50");
    status.metadata_mut().append("grpc-retry-pushback-ms", "50".parse().unwrap());
    assert_eq!(attempts_after(status).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_pushback_makes_no_other_code_retryable() {
    for code in (1..17).map(Code::from_i32) {
        let expected = if matches!(code, Code::Unavailable | Code::ResourceExhausted) { 3 } else { 1 };
        assert_eq!(attempts_after(pushing_back(code, "0")).await, expected, "{code:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_info_is_waited_for_and_no_longer() {
    for code in [Code::Unavailable, Code::ResourceExhausted] {
        let (calls, _) = seen_of(with_retry_info(code, Duration::from_millis(70)), at_once()).await;
        assert_eq!(calls.pauses(), [Duration::from_millis(70); 2], "{code:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pushback_counts_for_more_than_a_retry_info() {
    let mut status = with_retry_info(Code::ResourceExhausted, Duration::from_secs(5));
    status.metadata_mut().insert("grpc-retry-pushback-ms", "20".parse().unwrap());
    let (calls, _) = seen_of(status.clone(), at_once()).await;
    assert_eq!(calls.pauses(), [Duration::from_millis(20); 2]);
    status.metadata_mut().insert("grpc-retry-pushback-ms", "-1".parse().unwrap());
    assert_eq!(attempts_after(status).await, 1);
}

#[tokio::test(start_paused = true)]
async fn details_without_a_retry_info_are_no_hint() {
    let details = ErrorDetails::with_error_info("QUOTA", "example.com", [("a".to_owned(), "b".to_owned())]);
    assert_eq!(attempts_after(Status::with_error_details(Code::ResourceExhausted, "later", details)).await, 1);
    assert_eq!(attempts_after(Status::with_details(Code::ResourceExhausted, "later", "\u{1}garbage".into())).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_pushback_above_the_longest_ends_the_retrying_with_the_status_whole() {
    let (calls, status) = seen_of(pushing_back(Code::ResourceExhausted, "30001"), at_once()).await;
    assert_eq!((calls.count(), status.code(), status.message()), (1, Code::ResourceExhausted, "later"));
    assert_eq!(status.metadata().get("grpc-retry-pushback-ms").unwrap(), "30001");
}

#[tokio::test(start_paused = true)]
async fn a_backoff_comes_on_top_of_a_pushback() {
    let retry = RetryLayer::grpc::<Body>("health").backoff(Backoff::constant(Duration::from_millis(7)));
    let (calls, _) = seen_of(pushing_back(Code::Unavailable, "50"), retry).await;
    assert_eq!(calls.pauses(), [Duration::from_millis(57); 2]);
}

#[tokio::test]
async fn a_pushback_over_a_connection_is_waited_for() {
    let (addr, calls) = serve_script(|call| match call {
        0 => Reply::Status(pushing_back(Code::ResourceExhausted, "50")),
        _ => Reply::Served,
    })
    .await;
    retrying(addr, at_once()).check(ask()).await.unwrap();
    assert!(calls.pauses()[0] >= Duration::from_millis(50), "{:?}", calls.pauses());
}

#[tokio::test]
async fn a_retry_info_over_a_connection_is_waited_for() {
    let (addr, calls) = serve_script(|call| match call {
        0 => Reply::Status(with_retry_info(Code::Unavailable, Duration::from_millis(50))),
        _ => Reply::Served,
    })
    .await;
    retrying(addr, at_once()).check(ask()).await.unwrap();
    assert!(calls.pauses()[0] >= Duration::from_millis(50), "{:?}", calls.pauses());
}

#[tokio::test]
async fn a_pushback_over_a_connection_can_forbid_a_retry() {
    for pushback in ["-1", "soon"] {
        let (addr, calls) = serve_script(move |_| Reply::Status(pushing_back(Code::Unavailable, pushback))).await;
        retrying(addr, at_once()).check(ask()).await.unwrap_err();
        assert_eq!(calls.count(), 1, "{pushback}");
    }
}
