//! The figures of all instances of a kind and name.

use std::time::Duration;

use super::list::Registry;
use crate::name::Name;
use crate::source::Kind;
use crate::state::history::Figures;

/// The figures of all instances of a kind and name: see [`Registry::figures`](super::Registry::figures).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NamedFigures {
    /// The kind.
    pub kind: Kind,
    /// The name.
    pub name: Name,
    /// Their figures. Times and counts are added up; `longest` is the longest of all.
    pub figures: Figures,
}

impl Registry {
    /// Returns the figures of all kinds and names that have some: over a window that ends now, or since the build for `None`.
    pub fn figures(&self, _window: Option<Duration>) -> Vec<NamedFigures> {
        Vec::new()
    }
}
