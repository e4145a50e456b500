//! What a result says about the service.

use std::time::Duration;

use crate::error::{Error, Rejection, Verdict};

/// What a result says about the service.
///
/// All layers use the same outcomes, so they agree about a call:
///
/// | outcome | circuit breaker | retry | fallback |
/// |---|---|---|---|
/// | `Success` | success | stop | pass |
/// | `Transient` | failure | by backoff | take |
/// | `Throttled` | has a rate of its own, and is no failure | not before `retry_after` | take |
/// | `Failed` | failure | stop | take |
/// | `Ignored` | neutral: gives its place back | stop | pass |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The service did its part: it responded, or refused a request that was itself at fault.
    Success,
    /// The service is in trouble that may pass.
    Transient,
    /// The service asks for fewer calls.
    Throttled {
        /// How long the service wants no call, if it said so.
        retry_after: Option<Duration>,
    },
    /// The service is in trouble, and asking again will not help.
    Failed,
    /// The result says nothing about the service.
    Ignored,
}

impl Outcome {
    /// Returns whether the service gave no useful response: it is in trouble, or asks for fewer calls.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Transient | Self::Throttled { .. } | Self::Failed)
    }

    /// Returns the outcome as the `outcome` field of events shows it.
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
/// Every `Fn(Result<&Response, &Error>) -> Outcome` implements it. Annotate a closure's argument with this type; otherwise the
/// inferred lifetimes are too short. Layers clone the classifier for each call, so it should be cheap to clone: a closure that
/// captures nothing, or an `Arc`.
///
/// A [rejection](Error::rejection) never reaches a classifier: nothing was sent, so it says nothing about the service. A call that
/// timed out at [its caller's own deadline](crate::Elapsed::by_caller) reaches only a fallback's classifier. Both hold also where
/// they stand in the chain of sources of the service's own error.
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

/// Classifies every `Ok` as a success and every error as a transient failure.
///
/// The default of all layers. Where a protocol reports failures in an `Ok` response, it sees none of them.
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

/// Who ended a call. Each layer decides by it whether to ask its classifier.
pub(crate) enum EndedBy {
    /// A layer below rejected it, so the service has not seen it.
    Rejection(Rejection),
    /// The deadline that the caller brought has passed.
    Caller { was_sent: bool },
    /// The service, or a limit of ours that it exceeded.
    Service,
}

impl EndedBy {
    #[inline(always)]
    pub(crate) fn of<Response>(result: Result<&Response, &Error>) -> Self {
        let Err(error) = result else { return Self::Service };
        match error.verdict() {
            Some(Verdict::Rejected(rejection)) => Self::Rejection(rejection),
            Some(Verdict::TimedOut(elapsed)) if elapsed.by_caller() => Self::Caller { was_sent: elapsed.was_sent() },
            _ => Self::Service,
        }
    }
}
