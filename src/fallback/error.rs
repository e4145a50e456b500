//! The error of a fallback that failed too.

use std::{error, fmt};

use crate::{Error, chain::Chain};

/// Tells that a fallback failed too, and what had failed before.
///
/// Comes as [`Error::Service`], unless both were rejected: then the fallback's own rejection comes as it is. Its [`source`](error::Error::source) is the fallback's own failure.
#[derive(Debug)]
pub struct FallbackError {
    error: Error,
    before: Option<Error>,
}

impl FallbackError {
    pub(super) fn wrap(error: Error, before: Option<Error>) -> Error {
        match (&error, &before) {
            // Nothing was sent anywhere, and whoever is above may know.
            (Error::Rejected(_), Some(Error::Rejected(_))) => error,
            _ => Error::Service(Box::new(Self { error, before })),
        }
    }

    /// The fallback's own failure.
    pub const fn error(&self) -> &Error {
        &self.error
    }

    /// What had failed before: the call, or the step before. `None` where that was a response taken for a failure.
    pub const fn before(&self) -> Option<&Error> {
        self.before.as_ref()
    }
}

impl fmt::Display for FallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fallback failed, after ")?;
        match &self.before {
            None => f.write_str("a response that was taken for a failure"),
            Some(before) => Chain(before).fmt(f),
        }
    }
}

impl error::Error for FallbackError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.error)
    }
}
