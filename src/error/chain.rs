//! An error as events show it: with its sources.

use std::{error, fmt};

use super::elapsed::Expiry;
use super::rejection::Refusal;

pub(crate) type Cause = dyn error::Error + 'static;

/// Shows an error and its sources in one line.
pub(crate) struct Chain<'a>(pub(crate) &'a Cause);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        // What our own errors keep for those who walk down the chain says nothing more than they do.
        let says_more = |source: &&Cause| !source.is::<Refusal>() && !source.is::<Expiry>();
        self.0.source().filter(says_more).map_or(Ok(()), |source| write!(f, ": {}", Chain(source)))
    }
}
