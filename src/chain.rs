//! An error as events show it: with its sources.

use std::{error, fmt};

use crate::error::Error;

/// Shows an error and its sources in one line.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn error::Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        // The source of our own error exists only for tonic, and repeats the error.
        let ours = matches!(self.0.downcast_ref(), Some(Error::Rejected(_) | Error::TimedOut(_)));
        self.0.source().filter(|_| !ours).map_or(Ok(()), |source| write!(f, ": {}", Chain(source)))
    }
}
