//! The settings of a measure.

use std::borrow::Cow;

use super::Meter;
use super::exemplars::NoTrace;
use crate::call::{Admission, AdmissionLayer, AtOnce, Builder, Plain, Settings};
use crate::debug::debug_by_type;
use crate::error::ConfigError;
use crate::keyed::PerKeyBuilder;
use crate::name::Name;
use crate::objective::Objective;
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
        Builder::new(
            name.into(),
            MeasureSettings { trace: NoTrace, keeps_exemplars: false, by_name: false, objective: None },
        )
    }
}

/// The settings of a measure.
#[derive(Clone)]
pub struct MeasureSettings<T = NoTrace> {
    trace: T,
    keeps_exemplars: bool,
    /// Whether keys are names, under which metrics show them.
    by_name: bool,
    objective: Option<Objective>,
}

impl<E, T> MeasureBuilder<E, T> {
    /// Measures each call under a name of its own, which `name` takes from the request, such as the name of its route.
    ///
    /// It is [`per_key`](Builder::per_key) with a row in the metrics for each name. At most
    /// [`capacity`](PerKeyBuilder::capacity) names, 1,000 by default; calls of further ones are counted together, under the name of the
    /// layer. A name is kept for the life of the process, so make names before, and never of what callers choose.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::{Error, MeasureLayer, Name};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let [read, write] = [Name::new("GET /orders")?, Name::new("POST /orders")?];
    /// let layer = MeasureLayer::builder("orders").by(move |&is_read: &bool| if is_read { read } else { write }).build()?;
    /// let measures = layer.handle();
    /// let service = ServiceBuilder::new().layer(layer).service(service_fn(|_| async { Ok::<_, Error>(()) }));
    ///
    /// service.oneshot(true).await?;
    /// assert_eq!(measures.get(&read).map(|measure| measure.all().count()), Some(1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn by<Request, By>(self, name: By) -> PerKeyBuilder<MeasureSettings<T>, E, Name, By>
    where
        By: Fn(&Request) -> Name,
    {
        self.set(|settings| settings.by_name = true).per_key(name).show_keys()
    }

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
        self.map(|MeasureSettings { by_name, objective, .. }| MeasureSettings {
            trace,
            keeps_exemplars: true,
            by_name,
            objective,
        })
    }

    /// Records each call for an [objective](crate::objective), too: how it ended, and how long it took.
    ///
    /// A success is good, and fast if it took no longer than the objective's limit. A failure is bad, and so is a call that the service
    /// throttles, a layer rejects or a limit of ours cuts short. A call that is ignored or abandoned is not asked, nor one that its caller's
    /// deadline ended. Several measures may feed one objective. Defaults to none.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::{Error, MeasureLayer, Objective};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let objective = Objective::builder("checkout").availability(0.999).build()?;
    /// let layer = MeasureLayer::builder("checkout").objective(&objective).build()?;
    /// let service = ServiceBuilder::new().layer(layer).service(service_fn(|_| async { Ok::<_, Error>(()) }));
    ///
    /// service.oneshot(()).await?;
    /// assert_eq!(objective.availability().map(|seen| (seen.asked, seen.bad)), Some((1, 0)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn objective(self, objective: &Objective) -> Self {
        self.set(|settings| settings.objective = Some(objective.clone()))
    }
}

impl<T> Settings for MeasureSettings<T> {
    const KIND: Kind = Kind::Measure;

    type Limit = Meter<T>;
    type Entry = AtOnce;

    fn limit(self, listing: Listing) -> Meter<T> {
        Meter::new(&listing, self.trace, self.keeps_exemplars, self.by_name, self.objective)
    }
}

debug_by_type! { MeasureSettings<T> }
