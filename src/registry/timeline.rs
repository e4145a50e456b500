//! What happened between two moments, as the raw material of a post-mortem.

use std::time::{Duration, SystemTime};

use crate::event::What;
use crate::name::Name;
use crate::source::Kind;

/// What happened between two moments: see [`Registry::timeline`](super::Registry::timeline).
///
/// As text it is Markdown.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Timeline {
    /// The first moment.
    pub from: SystemTime,
    /// The last moment.
    pub to: SystemTime,
    /// The failures of circuits of which any part lies between the two, in the order in which they began.
    pub failures: Vec<Failure>,
    /// What happened, in its order.
    pub happenings: Vec<Happening>,
    /// How many happenings were left out, because there are more than [`CAPACITY`](Self::CAPACITY). They are the first ones.
    pub left_out: usize,
}

/// Something that happened in an instance.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Happening {
    /// When.
    pub at: SystemTime,
    /// The kind of the instance.
    pub kind: Kind,
    /// Its name.
    pub name: Name,
    /// Its key, where a layer shows its keys; of replicas the replica that was steered.
    pub key: Option<String>,
    /// What happened.
    pub what: What,
}

/// A failure: the time from when a circuit opened to when it was closed again, or was set by hand.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// The kind of the instance.
    pub kind: Kind,
    /// Its name.
    pub name: Name,
    /// Its key, where a layer shows its keys.
    pub key: Option<String>,
    /// When it began.
    pub began: SystemTime,
    /// When it ended; `None` if it has not.
    pub ended: Option<SystemTime>,
    /// How long it lasted, so far if it has not ended.
    pub lasted: Duration,
    /// Why the circuit opened, in the word that the event has.
    pub reason: &'static str,
    /// The calls that the circuit rejected meanwhile.
    pub rejected: u64,
    /// The calls that fallbacks of the same name answered meanwhile; `None` if the registry has none.
    pub degraded: Option<u64>,
    /// The calls that failed to their callers meanwhile, as far as it is known.
    ///
    /// A fallback of the same name counts those to which no step of it gave an answer. Where the registry has none, a
    /// [measure](crate::measure) of the same name counts those that were no success and were not ignored or abandoned. `None` if the
    /// registry has neither.
    pub lost: Option<u64>,
}

impl Timeline {
    /// The most happenings, and the most failures, that one has: the last ones.
    pub const CAPACITY: usize = 10_000;
}
