//! An error as events show it.

use std::{error, fmt};

use crate::Error;

/// Shows an error and its sources, where nobody else will.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn error::Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        // What stands below an error of ours is there for tonic alone, and says the same again.
        let ours = matches!(self.0.downcast_ref(), Some(Error::Rejected(_) | Error::TimedOut(_)));
        self.0.source().filter(|_| !ours).map_or(Ok(()), |source| write!(f, ": {}", Chain(source)))
    }
}
