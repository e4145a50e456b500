//! Attempts that another one replaces: what they still send, and what they still hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use palisade::{Backoff, Budget, BulkheadLayer};
use tonic::service::InterceptorLayer;
use tonic::transport::Server;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;

use crate::client::{ask, at_once, channel, drain, retrying, text};
use crate::patience::ms;
use crate::raw::{Raw, serve_raw};
use crate::server::{Reply, scripted, serve};

/// How many attempts pass a bulkhead of one place, and the code in the end.
async fn attempts_at(raw: Raw) -> (u64, Code) {
    let sent = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&sent);
    let stack = ServiceBuilder::new()
        .layer(at_once().build().expect("it is legal"))
        .layer(BulkheadLayer::grpc(1).build().expect("it is legal"))
        .map_request(move |request| {
            seen.fetch_add(1, Ordering::SeqCst);
            request
        })
        .service(channel(serve_raw(raw).await));
    let status = match HealthClient::new(stack).watch(ask()).await {
        Ok(stream) => drain(stream.into_inner()).await.expect_err("the script serves nobody"),
        Err(status) => status,
    };
    (sent.load(Ordering::SeqCst), status.code())
}

#[tokio::test]
async fn a_head_in_trouble_is_retried_and_its_place_is_free() {
    for status in [429, 502, 503, 504] {
        assert_eq!(attempts_at(Raw::status(status)).await, (3, Code::Unavailable), "{status}");
    }
    for status in [400, 401, 403, 404, 500] {
        assert_eq!(attempts_at(Raw::status(status)).await.0, 1, "{status}");
    }
    for (label, raw, attempts) in [
        ("a body that never ends", Raw::ok().code(14).hang(), 3),
        ("messages that never end", Raw::ok().code(14).message().hang(), 3),
        ("a code and trailers", Raw::ok().code(14).trailers(0), 3),
        ("trailers alone", Raw::ok().trailers(14), 3),
        ("trailers after a message", Raw::ok().message().trailers(14), 1),
    ] {
        assert_eq!(attempts_at(raw).await, (attempts, Code::Unavailable), "{label}");
    }
}

#[tokio::test]
async fn an_empty_budget_leaves_the_status_as_it_came() {
    let (health, calls) = scripted(|_| Reply::Status(Status::unavailable("down")));
    let addr = serve(Server::builder(), health).await;
    let budget = Budget::builder().capacity(1).ratio(0.0).per_second(0.0).build().unwrap();
    let status = retrying(addr, at_once().budget(budget)).check(ask()).await.unwrap_err();
    assert_eq!((status.code(), status.message(), calls.count()), (Code::Unavailable, "down", 2));
}

/// A server that refuses its first calls without reading them.
async fn sent_to_one_that_reads_late(len: usize, refused: usize) -> (Result<(), Code>, Vec<String>) {
    let (health, calls) = scripted(|_| Reply::Served);
    let asked = Arc::new(AtomicUsize::new(0));
    let refuse = InterceptorLayer::new(move |request| match asked.fetch_add(1, Ordering::SeqCst) {
        call if call < refused => Err(Status::unavailable("starting")),
        _ => Ok(request),
    });
    let addr = serve(Server::builder().layer(refuse), health).await;
    let retry = at_once().max_body(4 << 20).backoff(Backoff::constant(ms(1)));
    let request = HealthCheckRequest { service: text(len) };
    let served = retrying(addr, retry).check(request).await;
    let messages = calls.seen().into_iter().map(|seen| seen.message).collect();
    (served.map(drop).map_err(|status| status.code()), messages)
}

#[tokio::test]
async fn a_message_that_was_refused_unread_comes_whole_with_the_next() {
    // One that fits into what HTTP/2 sends unasked, and one that was stuck half way.
    for len in [10, 30_000, 3 << 20] {
        for refused in [1, 2] {
            let (served, messages) = sent_to_one_that_reads_late(len, refused).await;
            assert_eq!((served, messages.len()), (Ok(()), 1), "{len} bytes, refused {refused} times");
            assert!(messages[0] == text(len), "{len} bytes, refused {refused} times");
        }
    }
}
