//! The standard stack: its parts, their places and their settings.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

mod configuration;
mod described;
mod hedged;
mod order;
mod sharing;
mod switched_off;

use palisade::{Error, standard};
use tower::{Layer, Service, ServiceExt};

use crate::support::services::{coded, down, hung, up};
use crate::support::time::{MILLI, SECOND};
use crate::support::{Down, now};

/// Whether two values are of one type.
const fn same<T>(_: &T, _: &T) {}

/// Makes a call with a service that this layer makes.
async fn call<L, S>(layer: &L, inner: S) -> Result<u32, Error>
where
    L: Layer<S, Service: Service<u32, Response = u32, Error = Error>>,
{
    layer.layer(inner).oneshot(1).await
}
