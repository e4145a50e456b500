//! A fault: what it does, to how many calls, and when.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use tower::BoxError;

use crate::error::{ConfigError, Error};
use crate::state::chaos::counted::FaultKind;
use crate::state::chaos::{Delay, Effect, FaultRate, Terms};
use crate::time::Nanos;

/// Something that goes wrong with a share of the calls.
///
/// A [`ChaosBuilder`](super::ChaosBuilder) has a method for each, and takes one whose time is limited by
/// [`fault`](super::ChaosBuilder::fault).
#[must_use]
pub struct Fault<Request, Response> {
    pub(super) terms: Terms,
    pub(super) make: Make<Request, Response>,
}

/// Makes the result of a call that a fault ends.
pub(super) type Make<Request, Response> = Option<Box<dyn Fn(&Request) -> Result<Response, Error> + Send + Sync>>;

impl<Request, Response> Fault<Request, Response> {
    pub(crate) fn new(effect: Effect, rate: impl Into<FaultRate>) -> Self {
        Self { terms: Terms { effect, rate: rate.into(), during: Nanos(0)..Nanos::MAX }, make: None }
    }

    /// Fails calls with the error that a function makes of the request. Nothing is sent.
    pub fn fail<E>(rate: impl Into<FaultRate>, error: impl Fn(&Request) -> E + Send + Sync + 'static) -> Self
    where
        E: Into<BoxError> + 'static,
    {
        let make = Box::new(move |request: &Request| Err(Error::lift(error(request))));
        Self { make: Some(make), ..Self::new(Effect::End(FaultKind::Fail), rate) }
    }

    /// Responds with what a function makes of the request. Nothing is sent.
    pub fn respond(
        rate: impl Into<FaultRate>,
        response: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> Self {
        let make = Box::new(move |request: &Request| Ok(response(request)));
        Self { make: Some(make), ..Self::new(Effect::End(FaultKind::Respond), rate) }
    }

    /// Delays calls before they are sent, or before another fault ends them.
    pub fn delay(rate: impl Into<FaultRate>, delay: impl Into<Delay>) -> Self {
        Self::new(Effect::Delay(delay.into()), rate)
    }

    /// Lets calls hang: nothing is sent, and nothing comes back until the faults stop. Then the call fails with a
    /// [`Hung`](super::Hung).
    pub fn hang(rate: impl Into<FaultRate>) -> Self {
        Self::new(Effect::End(FaultKind::Hang), rate)
    }

    /// Limits it to a time after the start of the faults. A rate that changes counts from its beginning.
    ///
    /// Defaults to all of the time.
    pub fn during(mut self, time: Range<Duration>) -> Self {
        self.terms.during = time.start.into()..time.end.into();
        self
    }

    /// Whether it is legal in a layer whose faults last for this time.
    pub(super) fn check(&self, expires: Duration, has_bodies: bool) -> Result<(), ConfigError> {
        let Terms { effect, rate, during } = &self.terms;
        let needs_bodies = matches!(effect, Effect::SlowBody(_) | Effect::End(FaultKind::Abort));
        let kind = self.terms.kind().as_str();
        ConfigError::unless(has_bodies || !needs_bodies, kind, rate, "in a layer that `http` or `grpc` has begun")?;
        rate.check(kind)?;
        match effect {
            Effect::Delay(delay) => delay.check()?,
            Effect::SlowBody(bytes) => ConfigError::unless(*bytes > 0, "slow_body", bytes, "at least 1 byte a second")?,
            Effect::End(_) => {}
        }
        let is_ever = during.start < during.end && during.start < expires.into();
        let legal = "a time that ends after it begins, and begins before the faults expire";
        ConfigError::unless(is_ever, "during", format_args!("{during:?}"), legal)
    }
}

/// `fail 0.1`, or `delay 0.5 of 20ms to 80ms during 10s to 20s`.
impl<Request, Response> fmt::Display for Fault<Request, Response> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Terms { effect, rate, during } = &self.terms;
        write!(f, "{} {rate}", self.terms.kind().as_str())?;
        match effect {
            Effect::Delay(delay) => write!(f, " of {delay}")?,
            Effect::SlowBody(bytes) => write!(f, " at {bytes} bytes a second")?,
            Effect::End(_) => {}
        }
        match *during {
            Range { start: Nanos(0), end: Nanos::MAX } => Ok(()),
            Range { start, end: Nanos::MAX } => write!(f, " from {start:?}"),
            Range { start, end } => write!(f, " during {start:?} to {end:?}"),
        }
    }
}

impl<Request, Response> fmt::Debug for Fault<Request, Response> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fault").field(&format_args!("{self}")).finish()
    }
}
