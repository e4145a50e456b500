//! Measures how long calls take and how they end.
//!
//! A service that is slow or fails is seen first in the times of its calls: how many of them took so long, how many failed, and how
//! many are in flight. A measure counts each call when it ends, with the time that it took. It lets every call pass.
//!
//! # Example
//!
//! ```
//! use palisade::{Error, MeasureLayer, measure::Ended};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let layer = MeasureLayer::new("checkout")?;
//! let measure = layer.handle();
//! let service = ServiceBuilder::new().layer(layer).service(service_fn(|n: u32| async move { Ok::<_, Error>(n) }));
//!
//! service.oneshot(1).await?;
//! let answered = measure.of(Ended::Success);
//! println!("{} calls, p99 {:?}, mean {:?}", answered.count(), answered.quantile(0.99), answered.mean());
//! # assert_eq!(answered.count(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! # How calls end
//!
//! Each call ends in one of six ways, and each way has times of its own:
//!
//! | ended | the call |
//! |---|---|
//! | [`Success`](Ended::Success), [`Failure`](Ended::Failure), [`Throttled`](Ended::Throttled), [`Ignored`](Ended::Ignored) | has a result, which a [classifier](crate::Classify) judged |
//! | [`Failure`](Ended::Failure) | panicked, met a service that was not ready and failed, or was cut short by a timeout of ours |
//! | [`Rejected`](Ended::Rejected) | was not sent: a layer below rejected it, or its caller's deadline came first |
//! | [`Abandoned`](Ended::Abandoned) | was dropped by its caller, or its caller's deadline came |
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`new`](MeasureLayer::new), [`builder`](MeasureLayer::builder) | - | the name, which metrics show |
//! | `http`, `grpc` | - | goes by status or code; a call takes until its response has ended |
//! | `until_head` | the end of the body | for HTTP: a call takes until the head of its response |
//! | [`classify`](MeasureBuilder::classify) | errors are failures | what a result means |
//! | [`per_key`](MeasureBuilder::per_key) | one for all | a measure for each route |
//! | [`by`](MeasureBuilder::by) | one for all | the same, under a name in the metrics for each |
//! | [`objective`](MeasureBuilder::objective) | none | how good calls shall be |
//! | [`exemplar`](MeasureBuilder::exemplar) | none | the traces to look at |
//!
//! # Times
//!
//! The time of a call runs from the service's `call` until it ends: at its response, with `http` and `grpc` at the end of the
//! response's body. Times are counted in a histogram. Its [quantiles](Durations::quantile) are at most 5 % too long, between a
//! microsecond and 68.7 seconds; counts and sums are exact. All counts are since the layer was built.
//!
//! In the metrics they are the [buckets](Durations::buckets) of a Prometheus histogram. Each ends at twice the time of the one
//! before. `histogram_quantile` knows in which bucket the time is, and takes the calls to be spread evenly over it. So what it
//! says is at most twice the time, and at least half of it, between a microsecond and 68.7 seconds. Of longer times it says 68.7
//! seconds. For a quantile within 5 %, ask the [handle](MeasureHandle::of).
//!
//! # A measure for each route
//!
//! With [`per_key`](MeasureBuilder::per_key), each route, or what else a function takes from the request, has a measure of its own.
//! In the metrics they are one row, under the name of the layer; with [`by`](MeasureBuilder::by), each name has a row.
//! There are at most [`capacity`](crate::PerKeyBuilder::capacity) keys, 1,000 by default. A key is kept for ever, so that its totals
//! never fall, and `idle` changes nothing. The calls of keys without room are counted together, by
//! [`others`](crate::PerKeyHandle::others). So take keys that you know, such as the pattern of a route, and no path that a caller
//! chooses.
//!
//! # Spans
//!
//! A [`SpanLayer`] makes a `tracing` span for each attempt, with its number and how it ended. It stands inside of the retry, and so
//! is a layer of its own.
//!
//! # What it costs
//!
//! A call reads the clock twice and writes only to lines of its thread's own. The first call that ends in some way on a thread makes the
//! histogram of that thread, of 3.5 KiB: so a measure for each of 1,000 keys takes 3.5 MiB for each thread and way to end. After
//! that a call allocates nothing. It takes no lock, but with an exemplar for a moment, and with keys one to find its own.
//!
//! # The sharp edge
//!
//! Put it outside of the total timeout and the retry, but inside of a fallback and a cache: then it shows what callers waited for,
//! and not the answers that were made up. Rejected calls are short and abandoned ones are as long as their callers are patient, so
//! read the quantiles of successes.

mod builder;
mod exemplars;
mod guard;
mod handle;
mod meter;
mod span;

pub use self::builder::{Measure, MeasureBuilder, MeasureLayer, MeasureSettings};
pub use self::exemplars::{NoTrace, Trace, TraceOf};
pub use self::guard::MeasureGuard;
pub use self::handle::MeasureHandle;
pub use self::meter::Meter;
pub use self::span::{SpanGuard, SpanLayer, SpanSettings, Spans};
pub use crate::registry::{Bucket, Exemplar};
pub use crate::state::calls::Ended;
pub use crate::state::histogram::Durations;
