//! What happened between two moments, as the raw material of a post-mortem.

use std::time::{Duration, SystemTime};

use crate::event::What;
use crate::name::Name;
use crate::source::Kind;

/// What happened between two moments: see [`Registry::timeline`](super::Registry::timeline).
///
/// Times are those of the system's clock when somebody looks, less the time that has passed since: where that clock was set meanwhile,
/// all of them move together.
///
/// As text it is Markdown, in which names, keys and all else that comes from elsewhere stand as they are and mean nothing:
///
/// ```text
/// # Timeline
///
/// From 2026-11-30T01:00:00.000Z to 2026-11-30T02:00:00.000Z.
///
/// ## Failures
///
/// | began | lasted | where | why | calls rejected | degraded | lost |
/// |---|---|---|---|---|---|---|
/// | 2026-11-30T01:20:00.000Z | 31.5s | circuit breaker payments | failure rate | 120 | 118 | 2 |
///
/// ## What happened
///
/// | at | where | what |
/// |---|---|---|
/// | 2026-11-30T01:20:00.000Z | circuit breaker payments | opened for 30s (failure rate, 10 of 20 calls failed) |
/// ```
///
/// With the feature `serde` it can be serialized. As JSON it is:
///
/// ```json
/// {
///   "from": "2026-11-30T01:00:00.000Z", "to": "2026-11-30T02:00:00.000Z",
///   "failures": [{
///     "kind": "circuit breaker", "name": "payments", "key": null,
///     "began": "2026-11-30T01:20:00.000Z", "ended": null, "lasted": 31.5,
///     "reason": "failure_rate", "rejected": 120, "degraded": 118, "lost": 2
///   }],
///   "happenings": [{
///     "at": "2026-11-30T01:20:00.000Z", "kind": "circuit breaker", "name": "payments", "key": null,
///     "what": "transition", "text": "opened for 30s (failure rate, 10 of 20 calls failed)"
///   }],
///   "left_out": 0
/// }
/// ```
///
/// A span of time is a number of seconds, what is not known or has not ended is `null`, and `what` is the [word](What::as_str) of what
/// happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Timeline {
    /// The first moment.
    pub from: SystemTime,
    /// The last moment.
    pub to: SystemTime,
    /// The failures of circuits and objectives, by their beginnings. Of each, some part lies between the two moments.
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
///
/// Of an objective it is the time in which an alert of the severity `page` fires.
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
    /// How long it lasted, so far if it has not ended. As in the [figures](super::Figures), the time in which no call came after the
    /// open time was over is left out.
    pub lasted: Duration,
    /// Why the circuit opened, in the word that the event has; of an objective the indicator that paged first.
    pub reason: &'static str,
    /// The calls that the circuit rejected meanwhile. An objective rejects none.
    pub rejected: u64,
    /// The calls that fallbacks of the same name answered meanwhile; `None` if the registry has none. Of an objective, what was
    /// [recorded](crate::Objective::degraded) as degraded.
    pub degraded: Option<u64>,
    /// The calls that failed to their callers meanwhile, as far as it is known.
    ///
    /// A fallback of the same name counts those to which no step of it gave an answer. Where the registry has none, a
    /// [measure](crate::measure) of the same name counts those that were no success and were not ignored or abandoned. `None` if the
    /// registry has neither, and for an objective.
    pub lost: Option<u64>,
}

impl Timeline {
    /// The most happenings, and the most failures, that one has: the last ones.
    pub const CAPACITY: usize = 10_000;
}
