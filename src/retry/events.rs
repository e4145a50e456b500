//! What the retry tells of itself. The names here are part of the public interface.

use std::time::Duration;

use tracing::{debug, field};

use crate::{Error, Name, Outcome, chain::Chain, state::attempts::Stop};

const TARGET: &str = "palisade::retry";

/// Another attempt will be made, number `attempt`.
#[cold]
pub(super) fn retrying(name: Name, attempt: u32, delay: Duration, outcome: Outcome, error: Option<&Error>) {
    debug!(
        target: TARGET,
        name = name.as_str(),
        attempt,
        ?delay,
        outcome = outcome.as_str(),
        error = error.map(|error| field::display(Chain(error))),
        "retrying"
    );
}

/// No attempt follows on number `attempt`, though it failed.
#[cold]
pub(super) fn stopped(name: Name, attempt: u32, stop: Stop, rejection: Option<&Error>) {
    debug!(
        target: TARGET,
        name = name.as_str(),
        attempt,
        reason = stop.as_str(),
        rejection = rejection.map(field::display),
        "stopped retrying"
    );
}
