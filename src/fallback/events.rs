//! What the fallback tells of itself. The names here are part of the public interface.

use tracing::{Level, debug, field, level_enabled};

use crate::{Error, Name, chain::Chain};

const TARGET: &str = "palisade::fallback";

/// An answer was degraded, by step number `step`.
#[inline(always)]
pub(super) fn degraded(name: Name, step: u32, error: Option<&Error>) {
    if level_enabled!(Level::DEBUG) {
        tell_degraded(name, step, error);
    }
}

#[cold]
fn tell_degraded(name: Name, step: u32, error: Option<&Error>) {
    debug!(target: TARGET, name = name.as_str(), step, error = error.map(|error| field::display(Chain(error))), "degraded");
}

/// All steps failed.
#[cold]
pub(super) fn failed(name: Name, error: &Error) {
    debug!(target: TARGET, name = name.as_str(), error = %Chain(error), "fallback failed");
}
