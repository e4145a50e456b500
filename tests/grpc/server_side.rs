//! The layers around a tonic server.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use palisade::fallback::Degraded;
use palisade::{
    Backoff, BulkheadHandle, BulkheadLayer, CircuitHandle, Error, FallbackLayer, Rejection, RejectionReason,
    RetryLayer, TimeoutLayer, fallback,
};
use tonic::body::Body;
use tonic::transport::{Channel, Server};
use tonic::{Code, Status};
use tonic_health::pb::health_client::HealthClient;
use tower::{BoxError, ServiceBuilder};

use crate::client::{ask, at_once, channel, counted, counting, drain};
use crate::patience::{eventually, ms, secs};
use crate::server::{Calls, Reply, scripted, serve, serve_script};
use crate::whole::{assert_whole, whole};

/// A server behind all the layers.
struct Served {
    client: HealthClient<Channel>,
    calls: Calls,
    circuit: CircuitHandle,
    places: BulkheadHandle,
}

impl Served {
    fn new(addr: SocketAddr, calls: Calls, circuit: CircuitHandle, places: BulkheadHandle) -> Self {
        Self { client: HealthClient::new(channel(addr)), calls, circuit, places }
    }

    /// How many calls the circuit counted, and how many of them as failures, when none is in flight any more.
    async fn counts(&self) -> (u64, u64) {
        eventually("no call is in flight", || self.places.in_flight() == 0).await;
        counted(&self.circuit)
    }
}

fn body_of_tonic<B>(response: Response<B>) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    response.map(Body::new)
}

async fn serve_behind_four(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Served {
    let (health, calls) = scripted(script);
    let (circuit, places) = (counting().build().unwrap(), BulkheadLayer::grpc(8).build().unwrap());
    let (at_circuit, at_places) = (circuit.handle(), places.handle());
    let server = Server::builder()
        .layer(places)
        .layer(TimeoutLayer::grpc(secs(30)))
        .layer(RetryLayer::grpc::<Body>("health").backoff(Backoff::none()).build().unwrap())
        .layer(circuit);
    Served::new(serve(server, health).await, calls, at_circuit, at_places)
}

/// Answers for a service that failed.
#[expect(clippy::unnecessary_wraps, reason = "a step of a fallback may fail")]
fn stand_in(failed: Result<&Response<Body>, &Error>) -> Result<Response<Body>, Error> {
    let reason = failed.err().and_then(Error::rejection).map(Rejection::reason);
    Ok(match reason {
        Some(RejectionReason::ForcedOpen) => Status::resource_exhausted("closed for today").into_http(),
        _ => Status::aborted("something failed").into_http(),
    })
}

/// Tells the caller what layers outside of the fallback see.
fn telling(mut response: Response<Body>) -> Response<Body> {
    if let Some(degraded) = response.extensions().get::<Degraded>().copied() {
        response.headers_mut().insert("degraded", degraded.step.into());
    }
    response
}

async fn serve_behind_five(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Served {
    let (health, calls) = scripted(script);
    let (circuit, places) = (counting().build().unwrap(), BulkheadLayer::grpc(8).build().unwrap());
    let (at_circuit, at_places) = (circuit.handle(), places.handle());
    let stack = ServiceBuilder::new()
        .map_response(telling)
        .layer(FallbackLayer::grpc(fallback::function(stand_in)))
        .map_response(body_of_tonic)
        .layer(TimeoutLayer::grpc(secs(30)))
        .layer(places)
        .layer(at_once().build().unwrap())
        .layer(circuit);
    Served::new(serve(Server::builder().layer(stack), health).await, calls, at_circuit, at_places)
}

#[tokio::test]
async fn a_unary_and_a_streaming_call_pass_through_all_five() {
    let mut served = serve_behind_five(|call| match call {
        0 => Reply::Served,
        _ => Reply::Paced(ms(10)),
    })
    .await;
    assert_eq!(served.client.check(ask()).await.unwrap().into_inner().status, 1);
    let stream = served.client.watch(ask()).await.unwrap().into_inner();
    assert_eq!(drain(stream).await.unwrap(), 3);
    assert_eq!(served.counts().await, (2, 0));
    assert_eq!(served.calls.seen()[1].message, ask().service);
}

#[tokio::test]
async fn a_fallback_around_a_server_answers_for_a_service_that_failed() {
    let mut served = serve_behind_five(|_| Reply::Status(Status::internal("a secret"))).await;
    let status = served.client.check(ask()).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Aborted, "something failed"));
    assert_eq!(status.metadata().get("degraded").map(tonic::metadata::MetadataValue::as_bytes), Some(&b"1"[..]));
    served.circuit.force_open();
    let status = served.client.check(ask()).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::ResourceExhausted, "closed for today"));
    assert_eq!(served.calls.count(), 1);
}

#[tokio::test]
async fn a_service_not_there_at_first_is_retried_by_its_own_server() {
    let mut served = serve_behind_four(|call| match call {
        0 | 1 => Reply::Status(Status::unavailable("starting")),
        _ => Reply::Paced(Duration::ZERO),
    })
    .await;
    let stream = served.client.watch(ask()).await.unwrap().into_inner();
    assert_eq!(drain(stream).await.unwrap(), 3);
    assert_eq!((served.calls.count(), served.counts().await), (3, (2, 1)));
    assert!(served.calls.seen().iter().all(|seen| seen.message == ask().service));
}

#[tokio::test]
async fn a_status_of_the_services_own_passes_alone_and_after_messages() {
    for code in (1..17).map(Code::from_i32) {
        let mut served = serve_behind_four(move |call| match call {
            0 => Reply::Broken(whole(code)),
            _ => Reply::Status(whole(code)),
        })
        .await;
        let stream = served.client.watch(ask()).await.unwrap().into_inner();
        assert_whole(&drain(stream).await.unwrap_err(), code);
        assert_whole(&served.client.check(ask()).await.unwrap_err(), code);
    }
}

#[tokio::test]
async fn a_status_passes_unchanged_through_all_layers_of_a_client() {
    let (addr, _) = serve_script(|call| match call {
        0 => Reply::Broken(whole(Code::NotFound)),
        _ => Reply::Status(whole(Code::Internal)),
    })
    .await;
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::grpc(secs(30)))
        .layer(at_once().build().unwrap())
        .layer(counting().build().unwrap())
        .layer(BulkheadLayer::grpc(8).build().unwrap())
        .service(channel(addr));
    let mut client = HealthClient::new(stack);
    let stream = client.watch(ask()).await.unwrap().into_inner();
    assert_whole(&drain(stream).await.unwrap_err(), Code::NotFound);
    assert_whole(&client.check(ask()).await.unwrap_err(), Code::Internal);
}

#[tokio::test]
async fn a_circuit_around_a_server_counts_what_is_said_at_the_end() {
    let mut served = serve_behind_four(|call| match call {
        0 => Reply::Broken(Status::internal("lost")),
        1 => Reply::Broken(Status::not_found("no")),
        _ => Reply::Status(Status::data_loss("lost")),
    })
    .await;
    for expected in [(1, 1), (2, 1)] {
        let stream = served.client.watch(ask()).await.unwrap().into_inner();
        drain(stream).await.unwrap_err();
        assert_eq!(served.counts().await, expected);
    }
    served.client.check(ask()).await.unwrap_err();
    assert_eq!(served.counts().await, (3, 2));
}
