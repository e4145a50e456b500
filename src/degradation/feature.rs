//! The layer of a feature, which rejects calls while it is off.

use std::sync::Arc;

use super::handle::Degradation;
use super::shared::Core;
use crate::call::{Admission, AdmissionLayer, Admit, Handled, Plain};
use crate::error::{Rejection, RejectionReason};
use crate::event::{self, Event};
use crate::name::Name;
use crate::outcome::DefaultClassifier;
use crate::registry::{Listed, Row, Sums};
use crate::setting::{Setting, Value};
use crate::source::Kind;

/// Wraps services of a feature, whose calls are rejected while it is off.
///
/// It does not look at responses, so it is the same for HTTP and gRPC.
pub type FeatureLayer = AdmissionLayer<Switch, Plain>;

/// Rejects the calls of a feature while it is off. Made by a [`FeatureLayer`].
pub type Feature<S> = Admission<S, Switch, Plain>;

impl FeatureLayer {
    /// Rejects calls while the degradation does not [allow](Degradation::allows) the feature.
    ///
    /// A feature that was not added to the degradation is always on. Then an [event](Event::UnknownFeature) says so here.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::degradation::{Degradation, FeatureLayer};
    /// use palisade::{Error, FallbackLayer, RejectionReason};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let degradation = Degradation::builder("shop").mode("degraded").feature("recommendations", "degraded").build()?;
    /// let service = ServiceBuilder::new()
    ///     .layer(FallbackLayer::value("nothing"))
    ///     .layer(FeatureLayer::new(&degradation, "recommendations"))
    ///     .service(service_fn(|()| async { Ok::<_, Error>("a hat") }));
    ///
    /// assert_eq!(service.clone().oneshot(()).await?, "a hat");
    /// degradation.set("degraded")?;
    /// assert_eq!(service.oneshot(()).await?, "nothing");
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(degradation: &Degradation, feature: &str) -> Self {
        Self::of(Switch::new(degradation, feature), Plain::new(DefaultClassifier))
    }
}

/// Lets the calls of a feature pass while it is on.
#[derive(Clone, Debug)]
pub struct Switch {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    row: &'static Row,
    core: Arc<Core>,
    /// The number of the mode from which on it is off; `None` where it was not added.
    off_from: Option<usize>,
}

impl Switch {
    fn new(degradation: &Degradation, feature: &str) -> Self {
        let core = Arc::clone(&degradation.core);
        let (name, off_from) = match core.feature(feature) {
            Some((name, off_from)) => (name, Some(off_from)),
            None => (Name::new(feature.to_owned()).unwrap_or(Name::of("unknown")), None),
        };
        let listing = core.registry.listing(Kind::Feature, name);
        let row = listing.row();
        if off_from.is_none() {
            event::tell(row.source, &Event::UnknownFeature { degradation: core.name() });
        }
        let shared = Arc::new(Shared { row, core, off_from });
        listing.list(Arc::downgrade(&shared));
        Self { shared }
    }
}

impl Shared {
    fn is_off(&self) -> bool {
        self.off_from.is_some_and(|off_from| self.core.in_force() >= off_from)
    }
}

impl<Request> Admit<Request> for Switch {
    type Guard = ();

    const MAY_REFUSE: bool = true;

    fn admit(&self, _: &Request) -> Result<(), Rejection> {
        if !self.shared.is_off() {
            return Ok(());
        }
        let row = self.shared.row;
        row.count(RejectionReason::SwitchedOff as usize);
        Err(event::reject(Rejection::new(row.name(), RejectionReason::SwitchedOff, None), || row.source))
    }

    /// It reads the signals, too: otherwise nobody would where the inner service is never ready.
    fn is_refusing(&self) -> bool {
        self.shared.is_off()
    }
}

impl Handled for Switch {
    type Handle = Degradation;

    fn handle(&self) -> Degradation {
        Degradation { core: Arc::clone(&self.shared.core) }
    }
}

impl Listed for Shared {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        let off_from = self.off_from.map(|mode| Value::from(self.core.mode(mode)));
        vec![Setting::new("degradation", self.core.name().as_str()), Setting::new("off_from", off_from)]
    }

    fn snapshot(&self) -> Vec<Setting> {
        vec![Setting::new("allowed", !self.is_off())]
    }

    fn gauges(&self, sums: &mut Sums) {
        sums.of(self.row).add_count("off", self.is_off().into());
    }
}
