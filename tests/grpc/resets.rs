//! Streams that their server resets, before their head and after messages.

use std::{
    future::ready,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream::once};
use h2::Reason;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{Empty, StreamBody};
use hyper::service::service_fn;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use palisade::{
    CircuitBreakerLayer, Elapsed, Phase,
    http::{AnswerLayer, DeadlineLayer},
};
use tokio::{net::TcpListener, sync::Notify, time::sleep};
use tonic::{Code, body::Body};
use tonic_health::pb::health_client::HealthClient;
use tower::{ServiceBuilder, ServiceExt};

use crate::{
    client::{ask, at_once, channel, counting, in_circuit, next, retrying, soon},
    raw::{MESSAGE, serve_fn},
};

/// Resets every call, as servers do whose service fails, and counts them.
async fn serve_resets(reason: Reason) -> (SocketAddr, Arc<AtomicUsize>) {
    serve_resets_after(Duration::ZERO, reason).await
}

async fn serve_resets_after(time: Duration, reason: Reason) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let addr = listener.local_addr().expect("it is bound");
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    drop(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            let answer = service_fn(move |_| {
                counted.fetch_add(1, Ordering::SeqCst);
                sleep(time).map(move |()| Err::<Response<Empty<Bytes>>, _>(h2::Error::from(reason)))
            });
            drop(tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new()).http2_only();
                drop(server.serve_connection(TokioIo::new(stream), answer).await);
            }));
        }
    }));
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
        ready(Response::new(StreamBody::new(Box::pin(message.chain(reset)))))
    })
    .await
}

/// What tonic calls `INTERNAL`, as <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors> has it.
#[tokio::test]
async fn a_call_that_is_reset_before_its_head_is_internal_and_not_asked_again() {
    let (addr, calls) = serve_resets(Reason::INTERNAL_ERROR).await;
    assert_eq!(retrying(addr, at_once()).check(ask()).await.unwrap_err().code(), Code::Internal);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_reset_before_the_head_is_told_by_the_code_that_grpc_has_for_it() {
    for (reason, code, attempts) in [
        (Reason::PROTOCOL_ERROR, Code::Internal, 1),
        (Reason::REFUSED_STREAM, Code::Unavailable, 3),
        (Reason::CANCEL, Code::Cancelled, 1),
        (Reason::ENHANCE_YOUR_CALM, Code::ResourceExhausted, 1),
        (Reason::INADEQUATE_SECURITY, Code::PermissionDenied, 1),
    ] {
        let (addr, calls) = serve_resets(reason).await;
        let retry = at_once().build().unwrap();
        let stack = ServiceBuilder::new().layer(AnswerLayer::grpc()).layer(retry).service(channel(addr));
        let status = soon(HealthClient::new(stack).check(ask())).await.unwrap_err();
        assert_eq!((status.code(), calls.load(Ordering::SeqCst)), (code, attempts), "{reason:?}");
    }
}

/// The reset by which we ourselves tell that a request cannot be sent has the same code.
#[tokio::test]
async fn a_reset_by_the_server_before_the_head_is_a_failure() {
    let (mut client, circuit) = in_circuit(serve_resets(Reason::INTERNAL_ERROR).await.0, counting());
    client.check(ask()).await.unwrap_err();
    assert_eq!(circuit.snapshot().counts.failures, 1);
}

/// Whose end it is when a server cancels a call with this `grpc-timeout` after this time, if anybody's, and what the circuit
/// has become. The client is none that reads `grpc-timeout`.
async fn cancelled(time: Duration, limit: &str) -> (Option<bool>, Phase) {
    let (addr, _) = serve_resets_after(time, Reason::CANCEL).await;
    let circuit = CircuitBreakerLayer::grpc("health").consecutive(1).build().expect("it is legal");
    let http = Client::builder(TokioExecutor::new()).http2_only(true).build_http::<Body>();
    let stack = ServiceBuilder::new().layer(circuit.clone()).layer(DeadlineLayer::grpc()).service(http);
    let call = Request::post(format!("http://{addr}/")).header("grpc-timeout", limit).body(Body::empty());
    let error = soon(stack.oneshot(call.expect("it is legal"))).await.expect_err("it is reset");
    (error.elapsed().map(Elapsed::by_caller), circuit.handle().phase())
}

#[tokio::test]
async fn a_server_that_cancels_a_call_at_its_callers_grpc_timeout_opens_no_circuit() {
    assert_eq!(cancelled(Duration::from_millis(50), "50m").await, (Some(true), Phase::Closed));
}

#[tokio::test]
async fn a_server_that_cancels_a_call_before_its_time_is_over_has_failed() {
    assert_eq!(cancelled(Duration::ZERO, "1H").await, (None, Phase::Open));
}

#[tokio::test]
async fn a_reset_after_a_message_is_a_failure_whatever_its_code() {
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
        assert_eq!(circuit.snapshot().counts.failures, 1, "{reason:?}");
    }
}
