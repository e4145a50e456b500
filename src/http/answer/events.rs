//! What the answers tell of the errors that they stand for. The names here are part of the public interface.

use tracing::debug;

use crate::{Error, chain::Chain};

/// A caller is shown an answer in place of this error, or trailers.
#[cold]
pub(crate) fn answered(error: &Error) {
    debug!(target: "palisade::answer", error = %Chain(error), "answered");
}
