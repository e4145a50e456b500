//! What the bulkhead tells of itself. The names here are part of the public interface.

use tracing::{debug, info};

use crate::{Name, Rejection};

const TARGET: &str = "palisade::bulkhead";

#[inline(always)]
pub(super) fn rejected(rejection: &Rejection) {
    debug!(target: TARGET, name = rejection.name().as_str(), reason = rejection.reason().as_str(), "rejected");
}

pub(super) fn resized(name: Name, limit: usize) {
    info!(target: TARGET, name = name.as_str(), limit, "resized");
}
