//! Which calls are sent again, and as what.

use std::time::Duration;

use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;

use crate::client::{ask, at_once, drain, next, retrying, text};
use crate::server::{Reply, Seen, serve_script};

#[tokio::test]
async fn what_is_unavailable_alone_is_asked_again_and_no_other_code() {
    for code in (1..17).map(Code::from_i32) {
        let (addr, calls) = serve_script(move |_| Reply::Status(Status::new(code, "no"))).await;
        assert_eq!(retrying(addr, at_once()).check(ask()).await.unwrap_err().code(), code);
        assert_eq!(calls.count(), if code == Code::Unavailable { 3 } else { 1 }, "{code:?}");
    }
}

#[tokio::test]
async fn a_stream_that_was_refused_is_asked_for_again_and_read_whole() {
    let (addr, calls) = serve_script(|call| match call {
        0 => Reply::Status(Status::unavailable("starting")),
        _ => Reply::Paced(Duration::ZERO),
    })
    .await;
    let stream = retrying(addr, at_once()).watch(ask()).await.unwrap().into_inner();
    assert_eq!((drain(stream).await.unwrap(), calls.count()), (3, 2));
}

#[tokio::test]
async fn what_is_unavailable_after_messages_is_not_asked_again() {
    let (addr, calls) = serve_script(|_| Reply::Broken(Status::unavailable("going away"))).await;
    let mut stream = retrying(addr, at_once()).watch(ask()).await.unwrap().into_inner();
    assert!(next(&mut stream).await.unwrap().is_some());
    let status = next(&mut stream).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unavailable, "going away"));
    assert_eq!(calls.count(), 1);
}

#[tokio::test]
async fn each_attempt_is_numbered_and_the_last_status_comes_whole() {
    let (addr, calls) = serve_script(|call| {
        let mut status = Status::with_details(Code::Unavailable, format!("call {call}"), "what happened".into());
        status.metadata_mut().insert("x-shard", "7".parse().unwrap());
        Reply::Status(status)
    })
    .await;
    let status = retrying(addr, at_once()).check(ask()).await.unwrap_err();
    let told = (status.code(), status.message(), status.details());
    assert_eq!(told, (Code::Unavailable, "call 2", &b"what happened"[..]));
    assert_eq!(status.metadata().get("x-shard").unwrap(), "7");
    let told = calls.seen().into_iter().map(|seen| seen.previous_attempts);
    assert_eq!(told.collect::<Vec<_>>(), [None, Some("1".to_owned()), Some("2".to_owned())]);
}

/// The calls that a server sees of one with a message of this many bytes on the wire, until the third is served.
async fn seen_of(wire: usize) -> (Vec<Seen>, String) {
    let (addr, calls) = serve_script(|call| match call {
        0 | 1 => Reply::Status(Status::unavailable("starting")),
        _ => Reply::Served,
    })
    .await;
    let service = text(wire - FRAMING);
    let request = HealthCheckRequest { service: service.clone() };
    let served = retrying(addr, at_once()).check(request).await.is_ok();
    assert_eq!(served, calls.count() == 3);
    (calls.seen(), service)
}

/// Five bytes before a message; before the text in it its tag, and its length in three bytes.
const FRAMING: usize = 5 + 1 + 3;

const CAP: usize = 64 * 1024;

#[tokio::test]
async fn a_message_comes_whole_each_time_or_once_if_too_large_to_keep() {
    for (wire, attempts) in [(20_000, 3), (CAP - 1, 3), (CAP, 3), (CAP + 1, 1), (2 * CAP, 1), (3 << 20, 1)] {
        let (seen, sent) = seen_of(wire).await;
        assert_eq!(seen.len(), attempts, "{wire} bytes");
        assert!(seen.iter().all(|seen| seen.message == sent), "{wire} bytes");
    }
}

#[tokio::test]
async fn the_cap_is_as_set() {
    let (addr, calls) = serve_script(|_| Reply::Status(Status::unavailable("down"))).await;
    let mut client = retrying(addr, at_once().max_body(13));
    let sent = |service: &str| HealthCheckRequest { service: service.to_owned() };
    // Five bytes before the message, and two before the text.
    client.check(sent("orders")).await.unwrap_err();
    assert_eq!(calls.count(), 3);
    client.check(sent("orders2")).await.unwrap_err();
    assert_eq!(calls.count(), 4);
}
