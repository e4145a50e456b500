//! Why a saga gave no context.

use std::fmt;

use tower::BoxError;

use crate::error::{Chain, Error};

/// Why a saga gave no context.
///
/// It has no [source](std::error::Error::source), because a layer above would take the rejection of a step for one of the whole saga.
#[derive(Debug)]
#[non_exhaustive]
pub enum SagaError {
    /// A step failed. Where `uncompensated` is empty, nothing is left of the saga; otherwise it is stuck.
    #[non_exhaustive]
    Failed {
        /// The step that failed first.
        failed_step: String,
        /// Its error. One that was read from the log is an [`Error::Service`] with the same text.
        error: Error,
        /// The steps that were compensated, in that order.
        compensated: Vec<String>,
        /// The steps that may be done and are not undone.
        uncompensated: Vec<String>,
    },
    /// It has not ended: it runs, or it waits for somebody to [`resume`](super::Saga::resume) it.
    Running,
    /// It is stuck, because what the log has of it cannot be read, or is of other steps than these.
    Unreadable(BoxError),
    /// Nothing was done: the id is not legal, there is no room or no tokio runtime, or the log failed before the first step.
    NotBegun(BoxError),
    /// [`retry`](super::Saga::retry) found no saga of this id that has not ended.
    NotOpen,
}

impl fmt::Display for SagaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { failed_step, error, uncompensated, .. } => {
                write!(f, "step `{failed_step}` failed: {}", Chain(error))?;
                match &**uncompensated {
                    [] => f.write_str("; what was done is undone"),
                    left => write!(f, "; not undone: {}", left.join(", ")),
                }
            }
            Self::Running => f.write_str("the saga has not ended"),
            Self::Unreadable(why) => write!(f, "the log of the saga cannot be used: {}", Chain(&**why)),
            Self::NotBegun(why) => write!(f, "the saga has not begun: {}", Chain(&**why)),
            Self::NotOpen => f.write_str("no saga of this id is open"),
        }
    }
}

impl std::error::Error for SagaError {}

/// The error of a step, as the log has it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Recorded(pub(super) String);
