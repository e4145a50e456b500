//! Limits that each key can have for itself.

#![expect(private_bounds, private_interfaces, reason = "only the crate's own limits can be had for each key")]

use super::Handled;
use crate::registry::Shown;
use crate::state::keys::Retain;
use crate::sync::Arc;
use crate::time::{Clock, Nanos};

/// A limit that each key can have for itself: a circuit, places with a queue or without, a rate, or a measure.
///
/// Keys get fresh copies of this limit. No call passes the limit itself, unless it is [for others](Self::for_others).
pub trait Fork: Handled<Handle: Retain + Shown + Send + Sync + 'static> + Sized {
    /// Makes a limit with the same settings for a key. The map keeps its handle.
    fn fork(&self, key: Key) -> Self::Handle;

    /// Gives one call the limit of its key. `own` is the part that each key has for itself; what all keys share, such as the
    /// settings of a queue, is taken from `self`.
    #[must_use]
    fn of_key(&self, own: <Self::Handle as Retain>::Own) -> Self;

    /// The handle of what the calls pass whose key has no room; `None` where they pass without a limit.
    fn for_others(&self) -> Option<Self::Handle> {
        None
    }
}

/// The key that a limit is made for.
#[derive(Debug)]
pub struct Key {
    /// The clock of the map, by which the limit says how long it is kept.
    pub(crate) clock: Clock,
    pub(crate) now: Nanos,
    pub(crate) label: Label,
}

/// A key as its limit keeps it, with its text if events show it. One word: keys that are not shown share one label.
#[derive(Clone, Debug)]
pub(crate) struct Label(Arc<Option<String>>);

impl Label {
    pub(crate) fn new(shown: Option<String>) -> Self {
        Self(Arc::new(shown))
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }
}
