//! A call as the layers see it: what is asked, what is answered, and what a failure means.

use std::time::Duration;

use palisade::{Classify, Error, Outcome};
use thiserror::Error as ThisError;

/// A call of a trace. Its attempts are copies of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    /// Counts from zero, in the order of the arrivals.
    pub(crate) number: u64,
    /// When it arrived, since the start.
    pub(crate) at: Duration,
    pub(crate) told: Told,
}

/// What a trace tells of a call. What it does not tell, the model of the upstream service decides.
///
/// It is told of one attempt. One that comes later, after a wait or as a retry, meets what is told of the call that arrived last: so
/// it fails as long as others do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) latency: Option<Duration>,
    pub(crate) outcome: Option<Result<(), Failure>>,
}

/// What a caller gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A response of the upstream service.
    Good,
    /// A fallback's answer.
    Degraded,
}

/// How the upstream service fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub(crate) enum Failure {
    #[error("it does not take the call")]
    Down,
    #[error("it failed")]
    Failed,
    #[error("its queue is full")]
    Full,
    #[error("it asks for fewer calls")]
    Throttled { retry_after: Option<Duration> },
}

/// Says what a result means, as `palisade::http` does from a status: a service that asks for less is not down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByFailure;

impl Classify<Answer> for ByFailure {
    fn classify(&self, result: Result<&Answer, &Error>) -> Outcome {
        match result.map_err(Error::downcast_ref) {
            Ok(_) => Outcome::Success,
            Err(Some(&Failure::Throttled { retry_after })) => Outcome::Throttled { retry_after },
            Err(_) => Outcome::Transient,
        }
    }
}
