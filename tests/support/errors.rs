//! The errors that layers make, and errors of services.

use std::future::{Pending, pending};
use std::time::Duration;
use std::{error, fmt};

use palisade::{Backoff, BulkheadLayer, CircuitBreakerLayer, Error, Name, Rate, RateLimitLayer, TimeoutLayer};
use tower::{BoxError, Layer, ServiceExt, service_fn};

/// A circuit that a failure has opened for so long.
pub(crate) fn open_for(duration: Duration) -> CircuitBreakerLayer {
    let layer = CircuitBreakerLayer::builder("secret").consecutive(1).open_for(Backoff::constant(duration));
    let layer = layer.build().expect("it is legal");
    layer.handle().try_enter().expect("it is closed").failure();
    layer
}

pub(crate) fn forced_open() -> CircuitBreakerLayer {
    let layer = CircuitBreakerLayer::builder("secret").build().expect("it is legal");
    layer.handle().force_open();
    layer
}

/// A bulkhead without a place.
pub(crate) fn full() -> BulkheadLayer {
    BulkheadLayer::builder(0).name(Name::new("secret").expect("it is legal")).build().expect("it is legal")
}

fn never(_: ()) -> Pending<Result<(), Error>> {
    pending()
}

/// The rejection of a circuit that is open for so long.
pub(crate) async fn rejected(duration: Duration) -> Error {
    open_for(duration).layer(service_fn(never)).oneshot(()).await.expect_err("it is open")
}

/// The rejection of a bulkhead without a place.
pub(crate) async fn crowded() -> Error {
    full().layer(service_fn(never)).oneshot(()).await.expect_err("it is full")
}

/// The rejection of a limit of one call in so long.
pub(crate) async fn too_often(period: Duration) -> Error {
    let limit = RateLimitLayer::builder("secret", Rate::per(period, 1)).build().expect("it is legal");
    limit.handle().drain();
    limit.layer(service_fn(never)).oneshot(()).await.expect_err("it is drained")
}

pub(crate) async fn timed_out() -> Error {
    TimeoutLayer::new(Duration::ZERO).layer(service_fn(never)).oneshot(()).await.expect_err("its limit is over")
}

/// The failure of a service.
pub(crate) fn failed(error: impl Into<BoxError>) -> Error {
    Error::from(error.into())
}

/// An error of a service's own, over another.
#[derive(Debug)]
pub(crate) struct Over(pub(crate) BoxError);

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("over")
    }
}

impl error::Error for Over {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.0)
    }
}
