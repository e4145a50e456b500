//! Streams that their server resets, before their head and after messages.

use std::convert::Infallible;
use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::once;
use futures_util::{FutureExt, StreamExt};
use h2::Reason;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{Empty, StreamBody};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use palisade::http::{AnswerLayer, DeadlineLayer};
use palisade::{CircuitBreakerLayer, Elapsed, Phase};
use tokio::sync::Notify;
use tokio::time::sleep;
use tonic::Code;
use tonic::body::Body;
use tonic_health::pb::health_client::HealthClient;
use tower::{ServiceBuilder, ServiceExt};

use crate::client::{ask, at_once, channel, counted, counting, in_circuit, next};
use crate::patience::{ms, soon};
use crate::raw::{MESSAGE, serve_fn};

/// Resets every call after this time, as servers do whose service fails, and counts them.
async fn serve_resets(time: Duration, reason: Reason) -> (SocketAddr, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let addr = serve_fn(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        sleep(time).map(move |()| Err::<Response<Empty<Bytes>>, _>(h2::Error::from(reason)))
    })
    .await;
    (addr, calls)
}

/// Sends one message, and resets the stream when it is told to.
async fn serve_a_message_and_reset(reason: Reason, told: Arc<Notify>) -> SocketAddr {
    serve_fn(move |_| {
        let told = Arc::clone(&told);
        let message = once(ready(Ok(Frame::data(Bytes::from_static(MESSAGE)))));
        let reset = once(async move {
            told.notified().await;
            Err(h2::Error::from(reason))
        });
        ready(Ok::<_, Infallible>(Response::new(StreamBody::new(Box::pin(message.chain(reset))))))
    })
    .await
}

/// As <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors> has it, and with `AnswerLayer` or without.
#[tokio::test]
async fn a_reset_before_the_head_has_the_code_that_grpc_gives_it() {
    for (reason, code, attempts) in [
        (Reason::INTERNAL_ERROR, Code::Internal, 1),
        (Reason::PROTOCOL_ERROR, Code::Internal, 1),
        (Reason::STREAM_CLOSED, Code::Internal, 1),
        (Reason::REFUSED_STREAM, Code::Unavailable, 3),
        (Reason::CANCEL, Code::Cancelled, 1),
        (Reason::ENHANCE_YOUR_CALM, Code::ResourceExhausted, 1),
        (Reason::INADEQUATE_SECURITY, Code::PermissionDenied, 1),
    ] {
        let (addr, calls) = serve_resets(Duration::ZERO, reason).await;
        let (circuit, retry) = (counting().build().unwrap(), at_once().build().unwrap());
        let stack = ServiceBuilder::new().layer(AnswerLayer::grpc()).layer(retry).layer(circuit.clone());
        let status = soon(HealthClient::new(stack.service(channel(addr))).check(ask())).await.unwrap_err();
        assert_eq!((status.code(), calls.load(Ordering::SeqCst)), (code, attempts), "{reason:?}");
        // Also where it is the reset by which we ourselves tell that a request cannot be sent.
        let is_failure = !matches!(code, Code::PermissionDenied | Code::ResourceExhausted);
        assert_eq!(counted(&circuit.handle()), (1, is_failure.into()), "{reason:?}");
        if code == Code::Internal {
            assert_eq!(status.message(), "the service failed", "{reason:?}");
        }
    }
}

/// Whose end it is when a server cancels a call with this `grpc-timeout` after this time, if anybody's, and what the circuit
/// has become. The client is none that reads `grpc-timeout`.
async fn cancelled(time: Duration, limit: &str) -> (Option<bool>, Phase) {
    let (addr, _) = serve_resets(time, Reason::CANCEL).await;
    let circuit = CircuitBreakerLayer::grpc("health").consecutive(1).build().expect("it is legal");
    let http = Client::builder(TokioExecutor::new()).http2_only(true).build_http::<Body>();
    let stack = ServiceBuilder::new().layer(circuit.clone()).layer(DeadlineLayer::grpc()).service(http);
    let call = Request::post(format!("http://{addr}/")).header("grpc-timeout", limit).body(Body::empty());
    let error = soon(stack.oneshot(call.expect("it is legal"))).await.expect_err("it is reset");
    (error.elapsed().map(Elapsed::by_caller), circuit.handle().phase())
}

#[tokio::test]
async fn a_server_that_cancels_has_failed_unless_the_time_is_over() {
    assert_eq!(cancelled(ms(50), "50m").await, (Some(true), Phase::Closed));
    assert_eq!(cancelled(Duration::ZERO, "1H").await, (None, Phase::Open));
}

#[tokio::test]
async fn a_reset_after_a_message_is_no_success_whatever_its_code() {
    for reason in [
        Reason::PROTOCOL_ERROR,
        Reason::INTERNAL_ERROR,
        Reason::REFUSED_STREAM,
        Reason::CANCEL,
        Reason::ENHANCE_YOUR_CALM,
        Reason::INADEQUATE_SECURITY,
        Reason::HTTP_1_1_REQUIRED,
    ] {
        let read = Arc::new(Notify::new());
        let addr = serve_a_message_and_reset(reason, Arc::clone(&read)).await;
        let (mut client, circuit) = in_circuit(addr, counting());
        let mut stream = client.watch(ask()).await.unwrap().into_inner();
        assert!(next(&mut stream).await.unwrap().is_some());
        read.notify_one();
        drop(next(&mut stream).await);
        let counts = circuit.snapshot().counts;
        let throttled = u64::from(reason == Reason::ENHANCE_YOUR_CALM);
        assert_eq!((counts.calls, counts.failures, counts.throttled), (1, 1 - throttled, throttled), "{reason:?}");
    }
}
