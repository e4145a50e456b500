//! How long a saga goes on trying.

use crate::time::Nanos;

/// What is left of a time that began at one moment of the system's clock, at another one; both since 1970.
///
/// The clock may have been set between the two. Where it went backwards nothing is known to have passed, and all of the time is left.
pub(crate) fn left(began: Nanos, now: Nanos, limit: Nanos) -> Nanos {
    limit.saturating_sub(now.saturating_sub(began))
}
