//! What can be kept for a key, and how long.

use crate::time::Nanos;

/// How long an entry is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retention {
    Free,
    /// At most until then. It may be sooner, because what was set by hand can be undone at any moment.
    Until(Nanos),
    Used,
}

/// What can be kept for a key.
pub(crate) trait Retain: Clone {
    /// What a call takes along.
    type Own;

    /// Whether it is kept for a while though it is free: what it has counted may still be of use.
    const LINGERS: bool = true;

    /// Gives a call what it takes along. The entry is in use while an `Own` exists; a clone of the handle does not count as a use.
    fn for_call(&self) -> Self::Own;

    /// How long it is kept, apart from its last use. Called while no call can take the entry from the map.
    fn retention(&self) -> Retention;
}
