//! What may happen in a layer, as a value.

use std::time::Duration;

use super::action::Action;
use super::replicas::ReplicaEvent;
use crate::context::DeadLetterId;
use crate::error::{Elapsed, Error, Rejection};
use crate::name::Name;
use crate::outcome::Outcome;
use crate::state::circuit::Phase;
use crate::state::counts::Counts;
use crate::state::criticality::Criticality;
use crate::state::objective::{BurnWindow, Indicator, Severity};
use crate::state::rate::Rate;
use crate::state::verdict::Verdict;

/// Something that happened in a layer.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A circuit changed its phase, or would have opened where it only measures: then both phases are `MetricsOnly`.
    #[non_exhaustive]
    Transition {
        /// The phase before.
        from: Phase,
        /// The phase after.
        to: Phase,
        /// Why, in the word that the `reason` field of the event has.
        reason: &'static str,
        /// The counts that decided.
        counts: Counts,
        /// How long the circuit stays open, if it opened.
        open_for: Option<Duration>,
    },
    /// A layer rejected a call. A call that a layer per key rejects for want of room is a [`NoRoom`](Self::NoRoom) instead.
    Rejected(&'a Rejection),
    /// A limit was resized, such as a bulkhead.
    #[non_exhaustive]
    Resized {
        /// The most calls that may be in flight from now on.
        limit: usize,
        /// Why: `"by_hand"`, or `"adapted"` where the limit is found by itself.
        reason: &'static str,
    },
    /// The rate of a limit was set, or its burst.
    #[non_exhaustive]
    RateSet {
        /// The rate from now on.
        rate: Rate,
        /// The most calls that may pass at once from now on.
        burst: u32,
    },
    /// A rate limit was shut: the service asked for it, or a key was blocked. Or a key was unblocked.
    #[non_exhaustive]
    Shut {
        /// For how long no new call passes, but those of cost 0. Zero where a key was unblocked.
        duration: Duration,
    },
    /// Another mode of degradation is in force.
    #[non_exhaustive]
    ModeChanged {
        /// The mode before.
        from: &'static str,
        /// The mode after.
        to: &'static str,
        /// Whether it is the worse one of the two.
        is_worse: bool,
        /// The signal that decided; `None` by hand.
        signal: Option<&'static str>,
        /// What the signal was.
        value: Option<f64>,
    },
    /// A signal of a degradation panicked. It counts as 0, and is asked again. This is told once.
    #[non_exhaustive]
    SignalPanicked {
        /// The signal.
        signal: &'static str,
        /// What the panic says.
        error: &'a str,
    },
    /// A layer was made for a feature that its degradation does not know, and that is therefore always on.
    #[non_exhaustive]
    UnknownFeature {
        /// The degradation.
        degradation: Name,
    },
    /// A throttle rejects calls from now on, or has rejected none for a whole window.
    #[non_exhaustive]
    Throttling {
        /// Whether it rejects calls.
        rejects: bool,
        /// How much these calls matter: it judges each class by itself.
        criticality: Criticality,
        /// Their calls in the window that have ended or were rejected here.
        requests: u64,
        /// Those of them that the service took.
        accepts: u64,
    },
    /// A retry will send the call again.
    #[non_exhaustive]
    Retrying {
        /// The number of the attempt to come, from 1.
        attempt: u32,
        /// How long it waits before that.
        delay: Duration,
        /// What the last attempt's result meant.
        outcome: Outcome,
        /// The error of the last attempt, unless it was a response.
        error: Option<&'a Error>,
    },
    /// A retry sends the call no more, though its last attempt failed.
    #[non_exhaustive]
    Stopped {
        /// The number of the last attempt, from 1.
        attempt: u32,
        /// Why, in the word that the `reason` field of the event has.
        reason: &'static str,
        /// The rejection of the last attempt, if it was rejected.
        rejection: Option<&'a Error>,
    },
    /// A call starts another attempt beside those in flight.
    #[non_exhaustive]
    Hedging {
        /// The number of the attempt, from 1.
        attempt: u32,
        /// How many attempts are in flight beside it. Zero where those before have failed.
        in_flight: u32,
    },
    /// An attempt that was due does not start, and no other will.
    #[non_exhaustive]
    HedgeWithheld {
        /// The number that it would have, from 1.
        attempt: u32,
        /// Why: there is `"no_copy"` of the request, it is past the `"deadline"`, or the `"budget_gate"` or the `"budget"` forbids it.
        reason: &'static str,
    },
    /// An attempt that is not the first gave the result of its call.
    #[non_exhaustive]
    HedgeWon {
        /// Its number, from 1.
        attempt: u32,
    },
    /// A timeout ended a call.
    TimedOut(&'a Elapsed),
    /// A fallback answered.
    #[non_exhaustive]
    Degraded {
        /// The number of the step that answered, from 1.
        step: u32,
        /// What had failed, unless it was a response.
        error: Option<&'a Error>,
    },
    /// All steps of a fallback failed, the last one by this error.
    FallbackFailed(&'a Error),
    /// Somebody has switched a fallback by hand.
    #[non_exhaustive]
    FallbackSwitched {
        /// Whether it answers every call from now on.
        is_always: bool,
    },
    /// A cache has answered a call.
    #[non_exhaustive]
    CacheAnswered {
        /// How: by a `"hit"`, a `"stale"` response, the response of a `"miss"`, or one that was `"passed"` on.
        result: &'static str,
        /// How old the answer was, if it was kept.
        age: Option<Duration>,
    },
    /// A refresh of a cache is over, or was not begun.
    #[non_exhaustive]
    Refreshed {
        /// What came of it: a `"renewed"` response, it has `"failed"`, or there was no room for it, `"full"`.
        result: &'static str,
    },
    /// A cache has evicted responses, or has not kept them, because there was no room.
    #[non_exhaustive]
    Evicted {
        /// How many since this was last told.
        entries: u64,
    },
    /// Somebody has thrown away by hand all that a cache kept.
    #[non_exhaustive]
    Cleared,
    /// The letter of a call that failed was stored.
    #[non_exhaustive]
    LetterStored {
        /// Whether the caller got a response for it.
        is_accepted: bool,
        /// What had failed, unless it was a response.
        error: Option<&'a Error>,
    },
    /// A call failed and has no letter, or a letter was thrown away.
    #[non_exhaustive]
    LetterLost {
        /// Why: `"no_copy"` of the request, `"not_encoded"`, `"too_large"`, the sink was `"full"`, a newer one took its room (`"evicted"`), the
        /// sink is `"closed"`, or the `"store"` failed.
        reason: &'static str,
        /// What says more, if there is something.
        error: Option<&'a (dyn std::error::Error + Send + Sync + 'static)>,
        /// Whether it is the first such event in a minute.
        is_first: bool,
    },
    /// The replay of a letter ended.
    #[non_exhaustive]
    LetterReplayed {
        /// The letter.
        id: DeadLetterId,
        /// How: it `"succeeded"`, it `"failed"`, or it was `"rejected"` and not sent.
        result: &'static str,
        /// What had failed, unless it was a response.
        error: Option<&'a Error>,
    },
    /// A letter was set aside, until somebody looks at it.
    #[non_exhaustive]
    LetterParked {
        /// The letter.
        id: DeadLetterId,
        /// Why: as many replays `"failed"` as may, it is `"unreadable"`, or `"by_hand"`.
        reason: &'static str,
    },
    /// A layer per key had no room for another key, or heartbeats none for another node.
    #[non_exhaustive]
    NoRoom {
        /// The most keys or nodes there may be.
        capacity: usize,
        /// What became of the call or the beat: `"passed"` or `"rejected"`.
        outcome: &'static str,
        /// Whether it is the first such event in a minute.
        is_first: bool,
    },
    /// The verdict of a health check changed.
    #[non_exhaustive]
    VerdictChanged {
        /// The verdict before.
        from: &'a Verdict,
        /// The verdict from now on.
        to: &'a Verdict,
    },
    /// The health of a service began to say that it drains, or says so no more.
    #[non_exhaustive]
    Draining {
        /// Whether it drains from now on.
        is_draining: bool,
    },
    /// A node is suspected: its beats stayed away for too long.
    #[non_exhaustive]
    Suspected {
        /// The node.
        node: &'a str,
        /// How unlikely this silence is for a node that is well: 1 is once in 10 times, 8 once in 10^8.
        phi: f64,
        /// For how long it has been silent.
        silent: Duration,
        /// For how long it has been suspected. It is told when it is first asked for.
        suspected: Duration,
    },
    /// A suspected node beat again.
    #[non_exhaustive]
    Returned {
        /// The node.
        node: &'a str,
        /// For how long it was silent.
        silent: Duration,
    },
    /// Something happened to the replicas of a service.
    Replicas(ReplicaEvent<'a>),
    /// A step of a saga failed by this error.
    #[non_exhaustive]
    SagaStepFailed {
        /// The id of the saga.
        saga: &'a str,
        /// The step.
        step: &'a str,
        /// The error.
        error: &'a Error,
    },
    /// A saga has failed, and what was done is undone.
    #[non_exhaustive]
    SagaUndone {
        /// The id of the saga.
        saga: &'a str,
    },
    /// A saga goes on only by hand.
    #[non_exhaustive]
    SagaStuck {
        /// The id of the saga.
        saga: &'a str,
        /// The step that failed first, where it is known.
        step: Option<&'a str>,
        /// Why, with its causes, in at most 200 characters.
        error: &'a str,
    },
    /// Somebody goes on with a saga.
    #[non_exhaustive]
    SagaResumed {
        /// The id of the saga.
        saga: &'a str,
        /// Whether it is that saga alone, by hand.
        by_hand: bool,
    },
    /// Somebody steered an instance through its [registry](crate::Registry::steer). What that changes is told after it.
    #[non_exhaustive]
    Steered {
        /// Who, in at most 200 characters.
        by: &'a str,
        /// What they did.
        action: &'a Action,
    },
    /// An alert of an objective fires from now on, or does not any more.
    #[non_exhaustive]
    Alert {
        /// Whether it fires from now on.
        is_firing: bool,
        /// Of which indicator.
        indicator: Indicator,
        /// How soon somebody must act.
        severity: Severity,
        /// The burn rate in the long window: at 1, the budget lasts just as long as the period.
        burn: f64,
        /// The burn rate from which it fires.
        threshold: f64,
        /// The long window.
        long: BurnWindow,
        /// The short window, in which it burns as fast while the alert fires.
        short: BurnWindow,
        /// What to do about it.
        runbook_url: &'a str,
    },
    /// The faults of chaos have started, or will at a time that was set.
    #[non_exhaustive]
    FaultsStarted {
        /// How long they last, unless they are stopped.
        time: Duration,
        /// The failure rate at which a circuit breaker of the same name opens, if as many calls may be faulted: then it rejects the calls
        /// of everybody.
        failure_rate: Option<f64>,
    },
    /// The faults of chaos have stopped.
    #[non_exhaustive]
    FaultsHalted {
        /// Why: `"by_hand"`, their time has `"expired"`, a condition says so (`"halt_when"`), or that has `"panicked"`.
        reason: &'static str,
    },
    /// A call was spared its faults, because as many calls are faulted as may be. It is told once after each start.
    #[non_exhaustive]
    FaultsHeldBack {
        /// The largest share of the last 1,000 calls.
        max_share: f64,
    },
    /// A run of an experiment has begun. If the steady state holds, it breaks something.
    #[non_exhaustive]
    ExperimentBegan {
        /// For how long it does.
        time: Duration,
    },
    /// A run of an experiment has ended, and its faults have stopped.
    #[non_exhaustive]
    ExperimentEnded {
        /// Whether its hypothesis has `"held"`, or is `"broken"`; or the state was `"not_steady"` before, or the run was `"aborted"`.
        outcome: &'static str,
        /// Why it did not hold, if it did not.
        why: Option<&'a str>,
    },
    /// A call meets a fault.
    #[non_exhaustive]
    Faulted {
        /// What the fault does: `"fail"`, `"respond"`, `"delay"`, `"hang"`, `"abort"` or `"slow_body"`.
        fault: &'static str,
    },
    /// A registry has no room for another instance, which works and is not listed. It is told once, until there is room again.
    #[non_exhaustive]
    NotListed {
        /// The most instances there may be.
        capacity: usize,
    },
    /// An instance goes on from a snapshot.
    #[non_exhaustive]
    Restored {
        /// How old the snapshot is.
        age: Duration,
    },
    /// Something of a snapshot is not used. Its source is the [registry](super::Kind::Registry).
    #[non_exhaustive]
    LeftOut {
        /// Why, in the word of [`WhyLeftOut`](crate::registry::WhyLeftOut); `"missing"` or `"unreadable"` where there is no snapshot.
        why: &'static str,
        /// How many there are.
        count: usize,
        /// What they are, in at most 200 characters.
        what: &'a str,
    },
    /// A caller is shown a response in place of this error.
    Answered(&'a Error),
}
