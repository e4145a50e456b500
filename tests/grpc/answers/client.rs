//! What a client of tonic is told, over connections.

use std::future::{Ready, ready};
use std::task::{Context, Poll};

use http::{Request, Response};
use palisade::tonic::StatusLayer;
use palisade::{BulkheadLayer, CircuitBreakerLayer, Error, RetryLayer, TimeoutLayer};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_health::pb::health_client::HealthClient;
use tower::{Service, ServiceBuilder};

use crate::client::{ask, channel, next, own};
use crate::errors::{forced_open, full, open_for};
use crate::patience::{HOUR, ms, soon};
use crate::server::{Reply, serve_script};
use crate::sockets::refusing;
use crate::support::Down;
use crate::whole::{assert_whole, whole};

/// How a check ends under these layers, around a channel to this address.
macro_rules! check {
    ($addr:expr; $($layer:expr),+) => {{
        let stack = ServiceBuilder::new().layer(StatusLayer)$(.layer($layer))+.service(channel($addr));
        soon(HealthClient::new(stack).check(ask())).await.unwrap_err()
    }};
}

fn service(status: &Status) -> bool {
    own(status).is_some_and(|error| matches!(error, Error::Service(_)))
}

fn rejected(status: &Status) -> bool {
    own(status).is_some_and(|error| error.rejection().is_some())
}

fn timed_out(status: &Status) -> bool {
    own(status).is_some_and(Error::is_timeout)
}

type Holds = fn(&Status) -> bool;

#[tokio::test]
async fn each_failure_is_told_apart_and_keeps_its_cause() {
    let (_nobody, nobody) = refusing();
    let (hangs, _) = serve_script(|_| Reply::Never).await;
    let circuit = || CircuitBreakerLayer::grpc("secret").build().unwrap();
    let retry = RetryLayer::grpc("secret").max_attempts(1).build().unwrap();
    for (label, status, code, start, end, holds) in [
        (
            "refused",
            check!(nobody; TimeoutLayer::grpc(HOUR), retry, circuit()),
            Code::Unavailable,
            "the service failed: ",
            ")",
            service as Holds,
        ),
        (
            "open",
            check!(nobody; open_for(HOUR)),
            Code::Unavailable,
            "circuit breaker `secret` rejected the call: the circuit is open; try again in ",
            "s",
            rejected,
        ),
        (
            "forced open",
            check!(nobody; forced_open()),
            Code::Unavailable,
            "circuit breaker `secret` rejected the call: ",
            "`reset` it to close it",
            rejected,
        ),
        ("full", check!(nobody; full()), Code::ResourceExhausted, "bulkhead `secret` ", "places are taken", rejected),
        (
            "late",
            check!(hangs; TimeoutLayer::grpc(ms(50))),
            Code::DeadlineExceeded,
            "timed out after ",
            "on",
            timed_out,
        ),
    ] {
        assert_eq!(status.code(), code, "{label}: {status}");
        assert!(status.message().starts_with(start) && status.message().ends_with(end), "{label}: {status}");
        assert!(holds(&status), "{label}: {status:?}");
        assert_eq!(status.metadata().contains_key("grpc-retry-pushback-ms"), label == "open", "{label}");
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_at_the_limit_says_so() {
    let (addr, _) = serve_script(|_| Reply::Open).await;
    let stack = ServiceBuilder::new().layer(StatusLayer).layer(TimeoutLayer::grpc(ms(100))).service(channel(addr));
    let mut stream = soon(HealthClient::new(stack).watch(ask())).await.unwrap().into_inner();
    next(&mut stream).await.unwrap().unwrap();
    let status = next(&mut stream).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!(status.message().starts_with("timed out after ") && timed_out(&status), "{status:?}");
}

#[tokio::test]
async fn the_services_own_status_comes_to_the_client_whole() {
    let (addr, _) = serve_script(|_| Reply::Status(whole(Code::FailedPrecondition))).await;
    assert_whole(&check!(addr; BulkheadLayer::new(1), TimeoutLayer::new(HOUR)), Code::FailedPrecondition);
}

/// Cannot be readied.
#[derive(Clone)]
struct Unready;

impl Service<Request<Body>> for Unready {
    type Response = Response<Body>;
    type Error = Down;
    type Future = Ready<Result<Response<Body>, Down>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
        Poll::Ready(Err(Down(7)))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        ready(Err(Down(0)))
    }
}

#[tokio::test]
async fn a_service_that_cannot_be_readied_is_told_too() {
    let mut client = HealthClient::new(ServiceBuilder::new().layer(StatusLayer).service(Unready));
    for _ in 0..2 {
        let status = client.check(ask()).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::Internal, "the service failed: down 7"));
        assert_eq!(own(&status).and_then(|error| error.downcast_ref()), Some(&Down(7)));
    }
}
