//! What callers see of errors: over HTTP from a real axum router, over gRPC from and to a real tonic server.

#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

use crate::support;
mod body;
#[cfg(feature = "tonic")]
mod breaks;
mod grpc;
mod health;
mod http_answers;
mod router;
#[cfg(feature = "tonic")]
mod statuses;
mod told;
#[cfg(feature = "tonic")]
mod tonic_client;
mod tonic_server;

use std::{
    future::{Pending, pending},
    time::Duration,
};

use palisade::{Backoff, BulkheadLayer, CircuitBreakerLayer, Error, TimeoutLayer};
use tower::{Layer, ServiceExt, service_fn};

const SECOND: Duration = Duration::from_secs(1);
const MILLI: Duration = Duration::from_millis(1);

/// A circuit that a failure has opened for so long.
fn open_for(duration: Duration) -> CircuitBreakerLayer {
    let layer = CircuitBreakerLayer::builder("secret").consecutive(1).open_for(Backoff::constant(duration));
    let layer = layer.build().unwrap();
    layer.handle().try_enter().unwrap().failure();
    layer
}

/// A circuit that was forced open.
fn forced_open() -> CircuitBreakerLayer {
    let layer = CircuitBreakerLayer::builder("secret").build().unwrap();
    layer.handle().force_open();
    layer
}

fn full() -> BulkheadLayer {
    BulkheadLayer::builder(0).name("secret").build().unwrap()
}

fn never(_: ()) -> Pending<Result<(), Error>> {
    pending()
}

/// The rejection of a circuit that is open for so long.
async fn rejected(duration: Duration) -> Error {
    open_for(duration).layer(service_fn(never)).oneshot(()).await.unwrap_err()
}

async fn crowded() -> Error {
    full().layer(service_fn(never)).oneshot(()).await.unwrap_err()
}

async fn timed_out() -> Error {
    TimeoutLayer::new(Duration::ZERO).layer(service_fn(never)).oneshot(()).await.unwrap_err()
}
