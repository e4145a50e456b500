//! What a circuit makes of each way a response can end.

use std::time::Duration;

use palisade::{Backoff, CircuitBreakerLayer, Phase, RejectionReason};
use tonic::{Code, Status};
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;

use crate::client::{ask, at_once, channel, counted, counting, drain, in_circuit, next, rejection};
use crate::patience::{HOUR, eventually, ms, secs};
use crate::raw::{Raw, serve_raw};
use crate::server::{Reply, serve_script};

/// `Some(true)` counts as a success, `Some(false)` as a failure or as throttled, and `None` as nothing.
async fn counts_as(raw: Raw) -> Option<bool> {
    let (mut client, circuit) = in_circuit(serve_raw(raw).await, counting());
    if let Ok(stream) = client.watch(ask()).await {
        drop(drain(stream.into_inner()).await);
    }
    let counts = circuit.snapshot().counts;
    (counts.calls > 0).then_some(counts.failures + counts.throttled == 0)
}

fn is_failure(code: i32) -> bool {
    [
        Code::Cancelled,
        Code::Unknown,
        Code::DeadlineExceeded,
        Code::ResourceExhausted,
        Code::Internal,
        Code::Unavailable,
        Code::DataLoss,
    ]
    .contains(&Code::from_i32(code))
}

#[tokio::test]
async fn a_code_counts_as_the_table_says_wherever_it_stands() {
    for code in 0..17 {
        for (place, raw) in [
            ("alone", Raw::ok().code(code)),
            ("after messages", Raw::ok().message().message().trailers(code)),
            ("in trailers without messages", Raw::ok().trailers(code)),
            ("in a head, and the trailers say otherwise", Raw::ok().code(code).message().trailers(13 - code % 14)),
        ] {
            assert_eq!(counts_as(raw).await, Some(!is_failure(code)), "{:?} {place}", Code::from_i32(code));
        }
    }
}

#[tokio::test]
async fn a_stream_that_ends_without_a_code_is_a_failure() {
    for (end, raw) in [
        ("ends after a message", Raw::ok().message()),
        ("ends with other trailers", Raw::ok().message().trailers_without_code()),
        ("has nothing", Raw::ok()),
        ("is reset after a message", Raw::ok().message().reset()),
        ("is reset", Raw::ok().reset()),
        ("is cut with its connection", Raw::ok().message().cut()),
    ] {
        assert_eq!(counts_as(raw).await, Some(false), "it {end}");
    }
}

#[tokio::test]
async fn a_status_from_between_counts_as_the_code_it_stands_for() {
    for (status, is_success) in [(400, false), (401, true), (403, true), (404, true), (429, false), (500, false)] {
        assert_eq!(counts_as(Raw::status(status)).await, Some(is_success), "{status}");
    }
    for status in [502, 503, 504] {
        assert_eq!(counts_as(Raw::status(status)).await, Some(false), "{status}");
        assert_eq!(counts_as(Raw::status(status).message()).await, Some(false), "{status} with a body");
    }
}

#[tokio::test]
async fn a_page_that_comes_instead_of_messages_is_a_failure() {
    for content_type in ["text/html; charset=utf-8", "application/json", "text/plain"] {
        assert_eq!(counts_as(Raw::page(content_type)).await, Some(false), "{content_type}");
        assert_eq!(counts_as(Raw::page(content_type).hang()).await, Some(false), "{content_type} without an end");
    }
}

#[tokio::test]
async fn a_code_that_is_garbage_is_a_failure() {
    for code in ["", "OK", "-1", "17", "99999999999999999999", "0.0"] {
        assert_eq!(counts_as(Raw::ok().code(code)).await, Some(false), "{code} alone");
        assert_eq!(counts_as(Raw::ok().message().trailers(code)).await, Some(false), "{code} after a message");
    }
}

#[tokio::test]
async fn a_failure_opens_the_circuit_wherever_its_code_stands() {
    for (code, phase) in [(13, Phase::Open), (5, Phase::Closed)] {
        for raw in [Raw::ok().code(code), Raw::ok().message().trailers(code)] {
            let circuit = CircuitBreakerLayer::grpc("health").consecutive(1).min_calls(1);
            let (mut client, circuit) = in_circuit(serve_raw(raw).await, circuit);
            assert_eq!(client.check(ask()).await.unwrap_err().code(), Code::from_i32(code));
            assert_eq!(circuit.phase(), phase);
            let second = client.check(ask()).await.unwrap_err();
            assert_eq!(rejection(&second), (phase == Phase::Open).then_some(RejectionReason::CircuitOpen));
        }
    }
}

#[tokio::test]
async fn a_stream_counts_only_when_it_has_ended() {
    let (addr, _) = serve_script(|_| Reply::Paced(ms(30))).await;
    let (mut client, circuit) = in_circuit(addr, counting());
    let mut stream = client.watch(ask()).await.unwrap().into_inner();
    for _ in 0..3 {
        assert!(next(&mut stream).await.unwrap().is_some());
        assert_eq!(counted(&circuit), (0, 0));
    }
    assert!(next(&mut stream).await.unwrap().is_none());
    assert_eq!(counted(&circuit), (1, 0));
}

#[tokio::test]
async fn a_call_that_the_client_drops_is_a_success_if_a_message_came() {
    let (addr, _) = serve_script(|_| Reply::Open).await;
    let (mut client, circuit) = in_circuit(addr, counting());
    for _ in 0..3 {
        let mut stream = client.watch(ask()).await.unwrap().into_inner();
        assert!(next(&mut stream).await.unwrap().is_some());
        drop(stream);
    }
    assert_eq!(counted(&circuit), (3, 0));

    let (addr, calls) = serve_script(|_| Reply::Never).await;
    let (mut client, circuit) = in_circuit(addr, counting());
    let given_up = tokio::spawn(async move { client.check(ask()).await });
    eventually("the service is called", || calls.count() == 1).await;
    given_up.abort();
    assert!(given_up.await.unwrap_err().is_cancelled());
    assert_eq!(counted(&circuit), (0, 0));
}

#[tokio::test]
async fn a_call_has_one_failing_vote_however_often_it_is_sent() {
    let (addr, calls) = serve_script(|_| Reply::Status(Status::unavailable("down"))).await;
    let circuit = counting().build().unwrap();
    let stack = ServiceBuilder::new().layer(at_once().build().unwrap()).layer(circuit.clone()).service(channel(addr));
    let mut client = HealthClient::new(stack);
    assert_eq!(client.check(ask()).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!((calls.count(), counted(&circuit.handle())), (3, (1, 1)));
}

/// A circuit that opens at the first failure for a moment, and two probes that are answered so by a service that recovers.
async fn probed(reply: impl Fn() -> Reply + Send + Sync + 'static) -> (Phase, Phase) {
    let (addr, _) =
        serve_script(move |call| if call == 0 { Reply::Status(Status::internal("down")) } else { reply() }).await;
    let circuit = CircuitBreakerLayer::grpc("health").consecutive(1).probes(2).open_for(Backoff::constant(ms(10)));
    let (mut client, circuit) = in_circuit(addr, circuit);
    assert_eq!(client.watch(ask()).await.unwrap_err().code(), Code::Internal);
    assert_eq!(circuit.phase(), Phase::Open);
    eventually("the open time is over", || circuit.snapshot().retry_after == Some(Duration::ZERO)).await;
    let probes = [client.watch(ask()).await.unwrap().into_inner(), client.watch(ask()).await.unwrap().into_inner()];
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    let rejected = client.watch(ask()).await.unwrap_err();
    assert_eq!(rejection(&rejected), Some(RejectionReason::ProbesTaken));
    let [first, second] = probes;
    drop(drain(first).await);
    let after_one = circuit.phase();
    drop(drain(second).await);
    (after_one, circuit.phase())
}

#[tokio::test]
async fn a_probe_counts_when_its_stream_has_ended() {
    assert_eq!(probed(|| Reply::Paced(ms(20))).await, (Phase::HalfOpen, Phase::Closed));
    assert_eq!(probed(|| Reply::Broken(Status::internal("down again"))).await, (Phase::Open, Phase::Open));
}

#[tokio::test]
async fn a_circuit_opened_by_a_hint_in_trailers_stays_open_as_long() {
    let (addr, _) = serve_script(|_| {
        let mut status = Status::resource_exhausted("later");
        status.metadata_mut().insert("grpc-retry-pushback-ms", "600000".parse().unwrap());
        Reply::Broken(status)
    })
    .await;
    let circuit =
        CircuitBreakerLayer::grpc("health").failure_rate(1.0).min_calls(1).open_for(Backoff::constant(ms(10)));
    let (mut client, circuit) = in_circuit(addr, circuit.max_retry_after(HOUR));
    let stream = client.watch(ask()).await.unwrap().into_inner();
    assert_eq!(drain(stream).await.unwrap_err().code(), Code::ResourceExhausted);
    let snapshot = circuit.snapshot();
    assert!(snapshot.phase == Phase::Open && snapshot.retry_after > Some(secs(500)), "{snapshot:?}");
}
