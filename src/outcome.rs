//! What a result says about the service that gave it.

use std::time::Duration;

use crate::Error;

/// What a result says about the service that gave it.
///
/// One vocabulary for all layers, so that they agree about a call:
///
/// | outcome | circuit breaker | retry | fallback |
/// |---|---|---|---|
/// | `Success` | success | stop | pass |
/// | `Transient` | failure | by backoff | take |
/// | `Throttled` | failure in the rate, not in the consecutive count | not before `retry_after` | take |
/// | `Failed` | failure | stop | take |
/// | `Ignored` | neutral: gives its place back | stop | pass |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The service did its part: an answer, or a refusal that is the request's own fault.
    Success,
    /// The service is in trouble that may pass.
    Transient,
    /// The service asks for less.
    Throttled {
        /// How long the service asked to be left alone, where it said so.
        retry_after: Option<Duration>,
    },
    /// The service is in trouble, and asking again will not help.
    Failed,
    /// The result says nothing about the service.
    Ignored,
}

impl Outcome {
    /// Whether the service is in trouble.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Transient | Self::Throttled { .. } | Self::Failed)
    }

    /// The outcome as the `outcome` field of events has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Transient => "transient",
            Self::Throttled { .. } => "throttled",
            Self::Failed => "failed",
            Self::Ignored => "ignored",
        }
    }
}

/// Says what a result means.
///
/// Implemented by every `Fn(Result<&Response, &Error>) -> Outcome`; a closure must name this type of its argument, or the
/// compiler takes its lifetimes for narrower ones. Layers clone it for each call, so it should be cheap to
/// clone (a closure that captures nothing, or an `Arc`).
///
/// An [`Error::Rejected`] never reaches a classifier: nothing was sent, so it says nothing about the service. Nor does a
/// circuit breaker ask about a call that timed out at [its caller's own deadline](crate::Elapsed::by_caller).
///
/// # Examples
///
/// ```
/// use palisade::{CircuitBreakerLayer, Error, Outcome};
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let breaker = CircuitBreakerLayer::builder("payments")
///     .classify(|result: Result<&u16, &Error>| match result {
///         Ok(500..) => Outcome::Transient,
///         Ok(_) => Outcome::Success,
///         Err(_) => Outcome::Transient,
///     })
///     .build()?;
/// # drop(breaker.handle());
/// # Ok(())
/// # }
/// ```
pub trait Classify<Response> {
    /// Says what this result means.
    fn classify(&self, result: Result<&Response, &Error>) -> Outcome;
}

impl<Response, F> Classify<Response> for F
where
    F: Fn(Result<&Response, &Error>) -> Outcome,
{
    fn classify(&self, result: Result<&Response, &Error>) -> Outcome {
        self(result)
    }
}

/// Takes every `Ok` for a success and every error for a transient failure.
///
/// The default of all layers. In protocols where a failure arrives as an `Ok` response, it sees nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct DefaultClassifier;

impl<Response> Classify<Response> for DefaultClassifier {
    fn classify(&self, result: Result<&Response, &Error>) -> Outcome {
        match result {
            Ok(_) => Outcome::Success,
            Err(_) => Outcome::Transient,
        }
    }
}

/// Asks the classifier, unless there is nothing to ask: the call was refused below, or ended by its caller's impatience.
#[inline(always)]
pub(crate) fn judge<Response>(classifier: &impl Classify<Response>, result: Result<&Response, &Error>) -> Outcome {
    match result {
        Err(Error::Rejected(_)) => Outcome::Ignored,
        Err(Error::TimedOut(elapsed)) if elapsed.by_caller() => Outcome::Ignored,
        result => classifier.classify(result),
    }
}
