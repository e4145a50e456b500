//! What the timeout tells of itself. The names here are part of the public interface.

use tracing::debug;

use crate::{Elapsed, Name};

#[cold]
pub(super) fn timed_out(name: Name, elapsed: &Elapsed) {
    debug!(
        target: "palisade::timeout",
        name = name.as_str(),
        limit = ?elapsed.limit(),
        elapsed = ?elapsed.elapsed(),
        "timed out"
    );
}
