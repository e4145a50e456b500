//! Faults that calls meet on purpose.

mod dropping;
mod experiments;
mod halting;
mod met;
mod process;
mod replicas;
mod settings;
mod shown;
mod store;

use std::time::Duration;

use palisade::chaos::{Fault, FaultRate, Hung};
use palisade::{ChaosBuilder, ChaosLayer, Deadline, Error};
use tokio::time::{advance, timeout};
use tokio_test::task;
use tower::{Layer, Service, ServiceExt};

use crate::support::time::{MILLI, SECOND};
use crate::support::{Down, Strict, now, paused, strict};
use palisade::test_util::Calls;

type Builder = ChaosBuilder<u32, u32>;

/// Faults that every call may meet.
fn all() -> Builder {
    ChaosLayer::builder("faults").max_share(1.0).seed(7)
}

type Echo = Strict<fn(u32) -> std::future::Ready<Result<u32, Down>>>;

fn echo() -> Echo {
    strict(|request| std::future::ready(Ok(request)))
}

/// A service with these faults, which are on.
fn started(builder: Builder) -> (palisade::Chaos<Echo, u32, u32>, palisade::ChaosHandle, Calls) {
    let (layer, inner) = (builder.build().expect("the settings are legal"), echo());
    let (handle, calls) = (layer.handle(), inner.calls());
    handle.start();
    (layer.layer(inner), handle, calls)
}

/// Whether the call hung until the faults stopped.
fn has_hung(result: &Result<u32, Error>) -> bool {
    result.as_ref().is_err_and(|error| error.downcast_ref::<Hung>().is_some())
}
