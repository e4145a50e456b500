//! The error of a fallback that failed too.

use std::{error, fmt};

use super::Error;
use super::chain::Chain;

/// Says that a fallback failed too, and what had failed before it.
///
/// It is wrapped in [`Error::Service`]. Its [`source`](error::Error::source) is the fallback's own failure. If neither was sent,
/// the caller gets the fallback's own rejection or timeout instead.
#[derive(Debug)]
pub struct FallbackError {
    error: Error,
    before: Option<Error>,
}

impl FallbackError {
    pub(crate) fn wrap(error: Error, before: Option<Error>) -> Error {
        let was_sent = error.was_sent() || before.as_ref().is_none_or(Error::was_sent);
        // Where nothing was sent, the layers above should know.
        if was_sent { Error::Service(Box::new(Self { error, before })) } else { error }
    }

    /// Returns the fallback's own failure.
    pub const fn error(&self) -> &Error {
        &self.error
    }

    /// Returns the error of the call, or of the step before; `None` if it was a response that counts as a failure.
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
