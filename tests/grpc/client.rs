//! What the tests' clients use.

use std::error::Error as StdError;
use std::iter::successors;
use std::net::SocketAddr;

use palisade::grpc::{CountAttempts, GrpcClassifier, Pushback};
use palisade::http::{Http, Resend};
use palisade::retry::Rules;
use palisade::{
    Backoff, CircuitBreaker, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitHandle, Error, RejectionReason, Retry,
    RetryBuilder, RetryLayer,
};
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tonic::{Status, Streaming};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tower::Layer;

use crate::patience::soon;

pub(crate) type ByCode = Http<GrpcClassifier>;
pub(crate) type ByHead = Rules<GrpcClassifier, Resend<Body, CountAttempts>, Pushback>;

pub(crate) fn channel(addr: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{addr}")).expect("it is a URI").connect_lazy()
}

/// A circuit that counts calls, and is not opened by any number that a test makes.
pub(crate) fn counting() -> CircuitBreakerBuilder<ByCode> {
    CircuitBreakerLayer::grpc("health").count_window(1000).min_calls(1000)
}

/// A client with a circuit.
pub(crate) fn in_circuit(
    addr: SocketAddr,
    circuit: CircuitBreakerBuilder<ByCode>,
) -> (HealthClient<CircuitBreaker<Channel, ByCode>>, CircuitHandle) {
    let layer = circuit.build().expect("it is legal");
    (HealthClient::new(layer.layer(channel(addr))), layer.handle())
}

/// A client that sends again what failed.
pub(crate) fn retrying(addr: SocketAddr, retry: RetryBuilder<ByHead>) -> HealthClient<Retry<Channel, ByHead>> {
    HealthClient::new(retry.build().expect("it is legal").layer(channel(addr)))
}

/// A retry that does not wait unless it is told to.
pub(crate) fn at_once() -> RetryBuilder<ByHead> {
    RetryLayer::grpc("health").backoff(Backoff::none())
}

pub(crate) fn ask() -> HealthCheckRequest {
    HealthCheckRequest { service: "orders".to_owned() }
}

/// Text that is nowhere like itself.
pub(crate) fn text(len: usize) -> String {
    (0_u32..).flat_map(|n| format!("{n},").into_bytes()).map(char::from).take(len).collect()
}

/// Reads a stream to its end, and says how many messages there were.
pub(crate) async fn drain(mut stream: Streaming<HealthCheckResponse>) -> Result<usize, Status> {
    let mut messages = 0;
    while next(&mut stream).await?.is_some() {
        messages += 1;
    }
    Ok(messages)
}

/// Reads a message of a stream; what hangs fails the test.
pub(crate) async fn next(stream: &mut Streaming<HealthCheckResponse>) -> Result<Option<HealthCheckResponse>, Status> {
    soon(stream.message()).await
}

/// The layers' own error within a status.
pub(crate) fn own(status: &Status) -> Option<&Error> {
    successors(status.source(), |&cause| cause.source()).find_map(|cause| cause.downcast_ref())
}

pub(crate) fn rejection(status: &Status) -> Option<RejectionReason> {
    Some(own(status)?.rejection()?.reason())
}

/// How many calls a circuit counted, and how many of them failed.
pub(crate) fn counted(circuit: &CircuitHandle) -> (u64, u64) {
    let counts = circuit.snapshot().counts;
    (counts.calls, counts.failures)
}
