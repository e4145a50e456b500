//! An instance of a layer, as who looks sees it.

use crate::name::Name;
use crate::setting::Setting;
use crate::source::{Kind, Source};

/// An instance of a layer as it was when somebody looked.
///
/// With the feature `serde` it can be serialized. As JSON it is:
///
/// ```json
/// {
///   "kind": "circuit breaker",
///   "name": "payments",
///   "key": null,
///   "settings": { "failure_rate": 0.5, "slow_rate": false, "time_window": 10.0, "open_for": "1s growing by 1.3 to 15s with equal jitter" },
///   "snapshot": { "phase": "closed", "calls": 120, "failures": 3, "failure_rate": 0.025 }
/// }
/// ```
///
/// A span of time is a number of seconds, a share a number from 0 to 1, what is off or unknown `false`, what is on `true`, and
/// everything else a number or a text.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Instance {
    /// The kind of the layer.
    pub kind: Kind,
    /// Its name.
    pub name: Name,
    /// The key, for an instance that a layer per key has for one of its keys.
    pub key: Option<String>,
    /// Its settings at that moment, which may have been changed since it was built.
    pub settings: Vec<Setting>,
    /// Its state at that moment.
    pub snapshot: Vec<Setting>,
}

impl Instance {
    pub(crate) fn of(source: Source<'_>, settings: Vec<Setting>, snapshot: Vec<Setting>) -> Self {
        Self { kind: source.kind(), name: source.name(), key: source.key().map(str::to_owned), settings, snapshot }
    }
}
