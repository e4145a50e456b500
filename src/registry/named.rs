//! The figures of all instances of a kind and name.

use std::collections::BTreeMap;
use std::time::Duration;

use super::row::Row;
use crate::name::Name;
use crate::source::Kind;
use crate::state::history::{Figures, Sums};

/// The figures of all instances of a kind and name: see [`Registry::figures`](super::Registry::figures).
///
/// With the feature `serde` it can be serialized. As JSON it is:
///
/// ```json
/// {
///   "kind": "circuit breaker", "name": "payments",
///   "success_rate": 0.998, "watched": 3600.0, "operating": 3570.0, "downtime": 30.0,
///   "failures": 2, "restored": 2, "reopened": 1,
///   "mtbf": 1785.0, "mttr": 15.0, "longest": 20.0, "availability": 0.9916666666666667
/// }
/// ```
///
/// A span of time is a number of seconds, and what is not known is `null`.
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

/// What figures are made of, by kind and name, where there are any.
#[derive(Debug)]
pub(crate) struct ByName {
    window: Option<Duration>,
    sums: BTreeMap<(Kind, Name), Sums>,
}

impl ByName {
    pub(super) const fn over(window: Option<Duration>) -> Self {
        Self { window, sums: BTreeMap::new() }
    }

    /// Adds those of an instance over the window, if it has some.
    pub(crate) fn add(&mut self, row: &Row, sums: impl FnOnce(Option<Duration>) -> Option<Sums>) {
        if let Some(sums) = sums(self.window) {
            let all = self.sums.entry((row.kind(), row.name())).or_default();
            *all = all.and(sums);
        }
    }

    pub(super) fn figures(self) -> Vec<NamedFigures> {
        let all = self.sums.into_iter();
        all.map(|((kind, name), sums)| NamedFigures { kind, name, figures: sums.figures() }).collect()
    }
}
