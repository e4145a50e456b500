//! An error that several callers get.

use tower::BoxError;

use super::known::Known;
use super::{Elapsed, Error, Rejection};
use crate::sync::Arc;

/// An error that can be given to several callers. Each gets the same kind of error, and the service's own is shared by all.
#[derive(Clone, Debug)]
pub(crate) enum SharedError {
    Rejected(Rejection),
    TimedOut(Elapsed),
    Service(Arc<BoxError>),
}

impl From<Error> for SharedError {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejected(rejection) => Self::Rejected(rejection),
            Error::TimedOut(elapsed) => Self::TimedOut(elapsed),
            Error::Service(error) => Self::Service(Arc::new(error)),
        }
    }
}

impl From<SharedError> for Error {
    fn from(error: SharedError) -> Self {
        match error {
            SharedError::Rejected(rejection) => Self::Rejected(rejection),
            SharedError::TimedOut(elapsed) => Self::TimedOut(elapsed),
            SharedError::Service(error) => Self::Service(Box::new(Known::Shared(error))),
        }
    }
}
