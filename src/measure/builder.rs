//! The settings of a measure.

use std::borrow::Cow;

use super::Meter;
use super::exemplars::NoTrace;
use crate::call::{Admission, AdmissionLayer, AtOnce, Builder, Plain, Settings};
use crate::debug::debug_by_type;
use crate::error::ConfigError;
use crate::registry::Listing;
use crate::source::Kind;

/// Wraps services in a measure.
///
/// Services made by one layer, and their clones, share their counts.
pub type MeasureLayer<E = Plain, T = NoTrace> = AdmissionLayer<Meter<T>, E>;

/// Measures how long calls take and how they end. Made by a [`MeasureLayer`].
pub type Measure<S, E = Plain, T = NoTrace> = Admission<S, Meter<T>, E>;

/// Builds a [`MeasureLayer`].
pub type MeasureBuilder<E = Plain, T = NoTrace> = Builder<MeasureSettings<T>, E>;

impl MeasureLayer {
    /// Measures calls to their responses, under a name of 1 to 64 bytes.
    ///
    /// # Errors
    ///
    /// When the name is not legal.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Result<Self, ConfigError> {
        Self::builder(name).build()
    }

    /// Starts to build a measure with a name of 1 to 64 bytes, which metrics show.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> MeasureBuilder {
        Builder::new(name.into(), MeasureSettings { trace: NoTrace, keeps_exemplars: false })
    }
}

/// The settings of a measure.
#[derive(Clone, Copy)]
pub struct MeasureSettings<T = NoTrace> {
    trace: T,
    keeps_exemplars: bool,
}

impl<E, T> MeasureBuilder<E, T> {
    /// Keeps the ids of traces, each for the calls of its bucket that end in the same way: the last call that has one.
    ///
    /// `trace` finds the id of the trace that a request belongs to: the 16 bytes of a `traceparent`, or of an OpenTelemetry
    /// `TraceId`, as a big-endian number. Return `None` for a trace that is not sampled, because nobody can look at it; zero is no
    /// id. A call with an id takes a lock for a moment when it ends, if the lock is free. Defaults to none.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::{Error, MeasureLayer, measure::Ended};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    ///
    /// struct Order { trace: u128 }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let layer = MeasureLayer::builder("orders").exemplar(|order: &Order| Some(order.trace)).build()?;
    /// let measure = layer.handle();
    /// let service = ServiceBuilder::new().layer(layer).service(service_fn(|_| async { Ok::<_, Error>(()) }));
    ///
    /// service.oneshot(Order { trace: 0xbeef }).await?;
    /// assert_eq!(measure.exemplars(Ended::Success)[0].trace, 0xbeef);
    /// # Ok(())
    /// # }
    /// ```
    pub fn exemplar<Request, F: Fn(&Request) -> Option<u128>>(self, trace: F) -> MeasureBuilder<E, F> {
        self.map(|_| MeasureSettings { trace, keeps_exemplars: true })
    }
}

impl<T> Settings for MeasureSettings<T> {
    const KIND: Kind = Kind::Measure;

    type Limit = Meter<T>;
    type Entry = AtOnce;

    fn limit(self, listing: Listing) -> Meter<T> {
        Meter::new(&listing, self.trace, self.keeps_exemplars)
    }
}

debug_by_type! { MeasureSettings<T> }
