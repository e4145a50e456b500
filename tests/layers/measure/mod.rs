//! The measure. How times are counted is decided in `src/state/histogram.rs`, and claimed in `src/state/tests/histogram.rs`.

mod ends;
mod exemplars;
mod keys;
mod spans;
mod times;

use std::future::Ready;
use std::time::Duration;

use palisade::measure::Ended;
use palisade::{Deadline, Error, MeasureHandle, MeasureLayer, Outcome, TimeoutLayer};
use tokio::time::{advance, sleep};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::support::services::{FAILS, REJECTED, TIMED_OUT, begin, call, coded, hung, panics, poll_ready, up};
use crate::support::time::{MILLI, SECOND};
use crate::support::{Down, paused, strict};

/// How many calls ended in each way, in the order of [`Ended::ALL`].
fn counts(measure: &MeasureHandle) -> [u64; 6] {
    Ended::ALL.map(|ended| measure.of(ended).count())
}

fn layer() -> MeasureLayer {
    MeasureLayer::new("measure").expect("the name is legal")
}
