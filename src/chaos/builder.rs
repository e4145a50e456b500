//! The settings of faults.

use std::borrow::Cow;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc; // no model checks it
use std::time::Duration;

use tower::BoxError;

use super::fault::Fault;
use super::layer::{ChaosLayer, Functions, Reach};
use super::shared::{Condition, Core};
use crate::backoff::generator;
use crate::call::Plain;
use crate::error::ConfigError;
use crate::name::Name;
use crate::outcome::DefaultClassifier;
use crate::registry::Registry;
use crate::setting::Setting;
use crate::source::Kind;
use crate::state::chaos::{Delay, FaultRate, MAX_FAULTS, Rules, check_together, is_drawn};

/// Builds a [`ChaosLayer`]. Faults are drawn in the order in which they are added.
#[must_use]
pub struct ChaosBuilder<Request, Response, E = Plain> {
    name: Cow<'static, str>,
    faults: Vec<Fault<Request, Response>>,
    reach: Vec<Reach<Request>>,
    /// The shares of keys that are in reach.
    shares: Vec<f64>,
    halt_when: Vec<Condition>,
    seed: Option<u64>,
    max_share: f64,
    expires: Duration,
    registry: Registry,
    end: E,
    /// Whether the end knows the bodies of responses.
    has_bodies: bool,
}

impl<Request, Response> ChaosLayer<Request, Response> {
    /// Starts to build a layer of faults. Errors and events show its name, of 1 to 64 bytes.
    ///
    /// It does nothing until its [handle](Self::handle) [starts](super::ChaosHandle::start) the faults.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> ChaosBuilder<Request, Response> {
        ChaosBuilder {
            name: name.into(),
            faults: Vec::new(),
            reach: Vec::new(),
            shares: Vec::new(),
            halt_when: Vec::new(),
            seed: None,
            max_share: 0.1,
            expires: Duration::from_secs(600),
            registry: Registry::global(),
            end: Plain::new(DefaultClassifier),
            has_bodies: false,
        }
    }
}

#[cfg(feature = "http")]
impl<Request, Response> ChaosBuilder<Request, Response> {
    /// Sets an end that can spoil the bodies of responses.
    pub(crate) fn spoiling<E>(self, end: E) -> ChaosBuilder<Request, Response, E> {
        let Self { name, faults, reach, shares, halt_when, seed, max_share, expires, registry, .. } = self;
        ChaosBuilder {
            name,
            faults,
            reach,
            shares,
            halt_when,
            seed,
            max_share,
            expires,
            registry,
            end,
            has_bodies: true,
        }
    }
}

impl<Request, Response, E> ChaosBuilder<Request, Response, E> {
    /// Sets what errors and events call it.
    pub fn name(self, name: Name) -> Self {
        Self { name: Cow::Borrowed(name.as_str()), ..self }
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { registry: registry.clone(), ..self }
    }

    /// Adds a fault, most often one that is [limited to a time](Fault::during). At most 64.
    ///
    /// At each moment the rates of the faults that end calls are at most 1 in all. Defaults to no fault.
    pub fn fault(mut self, fault: Fault<Request, Response>) -> Self {
        self.faults.push(fault);
        self
    }

    /// Fails this share of the calls with the error that a function makes of the request. See [`Fault::fail`].
    pub fn fail<F>(self, rate: impl Into<FaultRate>, error: impl Fn(&Request) -> F + Send + Sync + 'static) -> Self
    where
        F: Into<BoxError> + 'static,
    {
        self.fault(Fault::fail(rate, error))
    }

    /// Responds to this share of the calls with what a function makes of the request. See [`Fault::respond`].
    pub fn respond(
        self,
        rate: impl Into<FaultRate>,
        response: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> Self {
        self.fault(Fault::respond(rate, response))
    }

    /// Delays this share of the calls before they are sent. See [`Fault::delay`].
    #[doc(alias = "latency")]
    pub fn delay(self, rate: impl Into<FaultRate>, delay: impl Into<Delay>) -> Self {
        self.fault(Fault::delay(rate, delay))
    }

    /// Lets this share of the calls hang until the faults stop. See [`Fault::hang`].
    #[doc(alias = "black_hole")]
    pub fn hang(self, rate: impl Into<FaultRate>) -> Self {
        self.fault(Fault::hang(rate))
    }

    /// Faults only the calls for which the function says yes. Several must all say so. Defaults to all calls.
    pub fn only(mut self, is_in_reach: impl Fn(&Request) -> bool + Send + Sync + 'static) -> Self {
        self.reach.push(Box::new(move |request, _| is_in_reach(request)));
        self
    }

    /// Keeps the faults to the calls of this share of the keys, from 0 to 1: always the same keys, such as the same clients.
    ///
    /// Which keys these are depends on the [seed](Self::seed) alone, and so it is the same in every process with that seed, on machines
    /// of one byte order and word size. Defaults to all keys.
    #[doc(alias = "blast_radius")]
    pub fn by_key<K: Hash>(mut self, share: f64, key: impl Fn(&Request) -> K + Send + Sync + 'static) -> Self {
        self.reach.push(Box::new(move |request, seed| is_drawn(seed, &key(request), share)));
        self.shares.push(share);
        self
    }

    /// Faults at most this share of the last 1,000 calls, from 0 to 1, whatever the rates are.
    ///
    /// At the start, it is the share of the calls that came so far: with 0.1, the first call that may be faulted is the tenth. Raise it
    /// where all calls shall fail. A share at or above the failure rate of a circuit breaker around this opens its circuit, for all calls:
    /// the event of a start says so of those of the same name. Defaults to 0.1.
    pub fn max_share(self, share: f64) -> Self {
        Self { max_share: share, ..self }
    }

    /// Ends the faults by themselves so long after their start, should nobody do so.
    ///
    /// More than zero, and at most a day. Defaults to 10 minutes.
    pub fn expires(self, after: Duration) -> Self {
        Self { expires: after, ..self }
    }

    /// Stops the faults once this says so: when an objective burns its budget, or a check of the health does not pass.
    ///
    /// It is asked by each call that is to meet a fault, and every 100 milliseconds by each that waits in one. So it must be quick, and
    /// must not block. If it panics, the faults stop too. Several stop them each. Defaults to nothing.
    ///
    /// With an objective: `halt_when({ let gate = objective.gate(10.0); move || !gate.is_open() })`.
    #[doc(alias = "abort_condition")]
    pub fn halt_when(mut self, is_to_halt: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.halt_when.push(Box::new(is_to_halt));
        self
    }

    /// Draws from this seed, so that calls in the same order meet the same faults. Defaults to one by chance.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Builds the layer, and with it the state that all its services share. The faults are off.
    ///
    /// # Errors
    ///
    /// When a setting is not legal; the error says which, and what would be.
    pub fn build(self) -> Result<ChaosLayer<Request, Response, E>, ConfigError> {
        let checked = Name::new(self.name.clone()).and_then(|name| {
            self.check().map_err(|error| error.named(name.as_str()))?;
            Ok(name)
        });
        let name = checked.map_err(|error| error.of(Kind::Chaos.as_str()))?;
        Ok(self.assemble(name))
    }

    fn check(&self) -> Result<(), ConfigError> {
        let is_share = |share| (0.0..=1.0).contains(&share);
        ConfigError::unless(self.faults.len() <= MAX_FAULTS, "faults", self.faults.len(), "at most 64")?;
        ConfigError::unless(is_share(self.max_share), "max_share", self.max_share, "0 to 1")?;
        for share in &self.shares {
            ConfigError::unless(is_share(*share), "by_key", share, "0 to 1")?;
        }
        let (expires, day) = (self.expires, Duration::from_secs(24 * 60 * 60));
        let is_bounded = !expires.is_zero() && expires <= day;
        ConfigError::unless(is_bounded, "expires", format_args!("{expires:?}"), "more than zero, and at most a day")?;
        self.faults.iter().try_for_each(|fault| fault.check(expires, self.has_bodies))?;
        check_together(&self.faults.iter().map(|fault| &fault.terms).collect::<Vec<_>>())
    }

    fn assemble(self, name: Name) -> ChaosLayer<Request, Response, E> {
        let Self { faults, reach, halt_when, seed, max_share, expires, registry, end, .. } = self;
        let seed = seed.unwrap_or_else(|| rand::Rng::next_u64(&mut generator(None)));
        let shown: Vec<_> = faults.iter().map(ToString::to_string).collect();
        let settings = vec![
            Setting::new("faults", shown.join(", ")),
            Setting::new("max_share", max_share),
            Setting::new("expires", expires),
        ];
        let (faults, make) = faults.into_iter().map(|fault| (fault.terms, fault.make)).unzip();
        let listing = registry.listing(Kind::Chaos, name);
        let core = Core::new(listing.row(), Rules { faults, seed, max_share }, expires, halt_when, settings, registry);
        listing.list(Arc::downgrade(&core));
        ChaosLayer { core, functions: Arc::new(Functions { reach, make }), end, replica: None }
    }
}

impl<Request, Response, E> fmt::Debug for ChaosBuilder<Request, Response, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut builder = f.debug_struct("ChaosBuilder");
        builder.field("name", &self.name).field("faults", &self.faults).field("seed", &self.seed);
        builder.field("max_share", &self.max_share).field("expires", &self.expires).finish_non_exhaustive()
    }
}
