//! What may happen to the replicas of a service, as a value.

use std::time::Duration;

use crate::error::Error;

/// Something that happened to the replicas of a service.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ReplicaEvent<'a> {
    /// A replica was ejected: calls go to others, until its time is over and it is on trial.
    #[non_exhaustive]
    Ejected {
        /// The replica.
        replica: &'a str,
        /// Why: `"consecutive"` failures, its `"success_rate"`, a failed `"trial"`, or `"by_hand"`.
        reason: &'static str,
        /// For how long.
        duration: Duration,
        /// How many times it was ejected, this time included, less one for each time it was in service for as long as it was first out.
        times: u64,
    },
    /// A replica stays, though it fails: as many as may be are ejected already.
    #[non_exhaustive]
    EjectionRefused {
        /// The replica.
        replica: &'a str,
        /// Why it was to be ejected, in the words of [`Ejected`](Self::Ejected).
        reason: &'static str,
    },
    /// An ejected replica is on trial: it takes one call at a time, until one succeeds.
    #[non_exhaustive]
    OnTrial {
        /// The replica.
        replica: &'a str,
    },
    /// A replica that was ejected takes its share of calls again.
    #[non_exhaustive]
    Readmitted {
        /// The replica.
        replica: &'a str,
        /// Why: its `"trial"` succeeded, its time out is over where there are no trials (`"in_time"`), or `"by_hand"`.
        reason: &'static str,
    },
    /// Another replica takes all calls from now on.
    #[non_exhaustive]
    FailedOver {
        /// The replica that took them; `None` where it was removed.
        from: Option<&'a str>,
        /// The replica that takes them.
        to: &'a str,
        /// Why: the other is `"unhealthy"`, this one is well for long enough (`"fail_back"`), or it was promoted (`"by_hand"`).
        reason: &'static str,
    },
    /// So few replicas are healthy that health is ignored from now on, or is not any more.
    #[non_exhaustive]
    Panic {
        /// Whether health is ignored from now on.
        is_on: bool,
        /// How many replicas are healthy.
        healthy: usize,
        /// How many there are, without those that are drained.
        replicas: usize,
    },
    /// Spare replicas are missing, or replicas that are needed; or they are there again.
    #[non_exhaustive]
    Spares {
        /// How many replicas are healthy.
        healthy: usize,
        /// How many are needed.
        needed: usize,
        /// How many spare ones there should be beside these.
        spares: usize,
    },
    /// The last call of a replica that is drained or removed has ended.
    #[non_exhaustive]
    Drained {
        /// The replica.
        replica: &'a str,
    },
    /// What finds replicas has failed by this error, or has ended. Those that it found stay.
    #[non_exhaustive]
    DiscoverFailed {
        /// The error; `None` at the end.
        error: Option<&'a Error>,
    },
}
