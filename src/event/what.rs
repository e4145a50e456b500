//! What happened, as a history keeps it.

use std::time::Duration;

use super::action::Action;
use super::value::Event;
use crate::error::Chain;
use crate::source::Source;
use crate::state::circuit::Phase;
use crate::state::counts::Counts;
use crate::state::criticality::Criticality;
use crate::state::objective::{BurnWindow, Indicator, Severity};
use crate::state::rate::Rate;
use crate::state::verdict::Verdict;

/// Something that happened in a layer, which its history keeps: an [`Event`] that owns what it says.
///
/// As text it is one line of plain words. What happens in every call is counted, and is not here.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// [`Event::Transition`]
    #[non_exhaustive]
    Transition {
        /// The phase before.
        from: Phase,
        /// The phase after.
        to: Phase,
        /// Why, in the word that the event has.
        reason: &'static str,
        /// The counts that decided.
        counts: Counts,
        /// How long the circuit stays open, if it opened.
        open_for: Option<Duration>,
    },
    /// [`Event::Resized`], but not by itself: a limit that is found may change with every round.
    #[non_exhaustive]
    Resized {
        /// The most calls that may be in flight from then on.
        limit: usize,
    },
    /// [`Event::RateSet`]
    #[non_exhaustive]
    RateSet {
        /// The rate from then on.
        rate: Rate,
        /// The most calls that may pass at once from then on.
        burst: u32,
    },
    /// [`Event::Shut`]
    #[non_exhaustive]
    Shut {
        /// For how long no new call passes; zero where a key was unblocked.
        duration: Duration,
    },
    /// [`Event::Throttling`]
    #[non_exhaustive]
    Throttling {
        /// Whether calls were rejected from then on.
        rejects: bool,
        /// How much these calls matter.
        criticality: Criticality,
        /// Their calls in the window.
        requests: u64,
        /// Those of them that the service took.
        accepts: u64,
    },
    /// [`Event::ModeChanged`]
    #[non_exhaustive]
    ModeChanged {
        /// The mode before.
        from: &'static str,
        /// The mode after.
        to: &'static str,
        /// The signal that decided; `None` by hand.
        signal: Option<&'static str>,
        /// What the signal was.
        value: Option<f64>,
    },
    /// [`Event::SignalPanicked`]
    #[non_exhaustive]
    SignalPanicked {
        /// The signal.
        signal: &'static str,
        /// What the panic says, in at most 200 characters.
        error: String,
    },
    /// [`Event::VerdictChanged`]
    #[non_exhaustive]
    VerdictChanged {
        /// The verdict before.
        from: Verdict,
        /// The verdict after.
        to: Verdict,
    },
    /// [`Event::Cleared`]
    #[non_exhaustive]
    Cleared,
    /// [`Event::Draining`]
    #[non_exhaustive]
    Draining {
        /// Whether it drains from then on.
        is_draining: bool,
    },
    /// [`Event::Suspected`]
    #[non_exhaustive]
    Suspected {
        /// The node.
        node: String,
        /// For how long it had been silent.
        silent: Duration,
    },
    /// [`Event::Returned`]
    #[non_exhaustive]
    Returned {
        /// The node.
        node: String,
        /// For how long it was silent.
        silent: Duration,
    },
    /// [`Event::Ejected`]
    #[non_exhaustive]
    Ejected {
        /// The replica.
        replica: String,
        /// Why, in the word that the event has.
        reason: &'static str,
        /// For how long.
        duration: Duration,
    },
    /// [`Event::EjectionRefused`]
    #[non_exhaustive]
    EjectionRefused {
        /// The replica.
        replica: String,
        /// Why it was to be ejected, in the word that the event has.
        reason: &'static str,
    },
    /// [`Event::OnTrial`]
    #[non_exhaustive]
    OnTrial {
        /// The replica.
        replica: String,
    },
    /// [`Event::Readmitted`]
    #[non_exhaustive]
    Readmitted {
        /// The replica.
        replica: String,
        /// Why, in the word that the event has.
        reason: &'static str,
    },
    /// [`Event::FailedOver`]
    #[non_exhaustive]
    FailedOver {
        /// The replica that took the calls; `None` where it was removed.
        from: Option<String>,
        /// The replica that takes them.
        to: String,
        /// Why, in the word that the event has.
        reason: &'static str,
    },
    /// [`Event::Panic`]
    #[non_exhaustive]
    Panic {
        /// Whether health is ignored from then on.
        is_on: bool,
        /// How many replicas are healthy.
        healthy: usize,
        /// How many there are, without those that are drained.
        replicas: usize,
    },
    /// [`Event::Spares`]
    #[non_exhaustive]
    Spares {
        /// How many replicas are healthy.
        healthy: usize,
        /// How many are needed.
        needed: usize,
        /// How many spare ones there should be beside these.
        spares: usize,
    },
    /// [`Event::Drained`]
    #[non_exhaustive]
    Drained {
        /// The replica.
        replica: String,
    },
    /// [`Event::DiscoverFailed`]
    #[non_exhaustive]
    DiscoverFailed {
        /// The error with its causes; `None` at the end.
        error: Option<String>,
    },
    /// [`Event::Alert`]
    #[non_exhaustive]
    Alert {
        /// Whether it fired from then on.
        is_firing: bool,
        /// Of which indicator.
        indicator: Indicator,
        /// How soon somebody had to act.
        severity: Severity,
        /// The burn rate in the long window.
        burn: f64,
        /// The long window.
        long: BurnWindow,
    },
    /// [`Event::SagaStuck`]
    #[non_exhaustive]
    SagaStuck {
        /// The id of the saga.
        saga: String,
        /// The step that failed first, where it is known.
        step: Option<String>,
        /// Why, with its causes, in at most 200 characters.
        error: String,
    },
    /// [`Event::SagaResumed`], by hand.
    #[non_exhaustive]
    SagaResumed {
        /// The id of the saga.
        saga: String,
    },
    /// [`Event::FaultsStarted`]
    #[non_exhaustive]
    FaultsStarted {
        /// How long they were to last.
        time: Duration,
        /// The failure rate at which a circuit breaker of the same name opens, if as many calls might be faulted.
        failure_rate: Option<f64>,
    },
    /// [`Event::FaultsHalted`]
    #[non_exhaustive]
    FaultsHalted {
        /// Why, in the word that the event has.
        reason: &'static str,
    },
    /// [`Event::FaultsHeldBack`]
    #[non_exhaustive]
    FaultsHeldBack {
        /// The largest share of the last 1,000 calls.
        max_share: f64,
    },
    /// [`Event::ExperimentBegan`]
    #[non_exhaustive]
    ExperimentBegan {
        /// For how long it was to break something.
        time: Duration,
    },
    /// [`Event::ExperimentEnded`]
    #[non_exhaustive]
    ExperimentEnded {
        /// What came of it, in the word that the event has.
        outcome: &'static str,
        /// Why it did not hold, in at most 200 characters.
        why: Option<String>,
    },
    /// [`Event::Steered`]
    #[non_exhaustive]
    Steered {
        /// The key of what was steered, if it has one: of replicas the name of the one that is meant.
        key: Option<String>,
        /// Who did it, in at most 200 characters.
        by: String,
        /// What they did.
        action: Action,
    },
}

/// The longest text that is kept of what comes from elsewhere, in characters.
const MAX_TEXT: usize = 200;

/// The beginning of a text, at most 200 characters.
pub(crate) fn cut(text: &str) -> &str {
    text.char_indices().nth(MAX_TEXT).map_or(text, |(end, _)| &text[..end])
}

impl What {
    /// What a history keeps of an event, if it does.
    pub(crate) fn of(source: Source<'_>, event: &Event<'_>) -> Option<Self> {
        let owned = |text: &str| cut(text).to_owned();
        Some(match *event {
            Event::Transition { from, to, reason, counts, open_for } => {
                Self::Transition { from, to, reason, counts, open_for }
            }
            Event::Resized { limit, reason: "by_hand" } => Self::Resized { limit },
            Event::RateSet { rate, burst } => Self::RateSet { rate, burst },
            Event::Shut { duration } => Self::Shut { duration },
            Event::Throttling { rejects, criticality, requests, accepts } => {
                Self::Throttling { rejects, criticality, requests, accepts }
            }
            Event::ModeChanged { from, to, signal, value, .. } => Self::ModeChanged { from, to, signal, value },
            Event::SignalPanicked { signal, error } => Self::SignalPanicked { signal, error: owned(error) },
            Event::VerdictChanged { from, to } => Self::VerdictChanged { from: from.clone(), to: to.clone() },
            Event::Cleared => Self::Cleared,
            Event::Draining { is_draining } => Self::Draining { is_draining },
            Event::Suspected { node, silent, .. } => Self::Suspected { node: owned(node), silent },
            Event::Returned { node, silent } => Self::Returned { node: owned(node), silent },
            Event::Ejected { replica, reason, duration, .. } => {
                Self::Ejected { replica: owned(replica), reason, duration }
            }
            Event::EjectionRefused { replica, reason } => Self::EjectionRefused { replica: owned(replica), reason },
            Event::OnTrial { replica } => Self::OnTrial { replica: owned(replica) },
            Event::Readmitted { replica, reason } => Self::Readmitted { replica: owned(replica), reason },
            Event::FailedOver { from, to, reason } => Self::FailedOver { from: from.map(owned), to: owned(to), reason },
            Event::Panic { is_on, healthy, replicas } => Self::Panic { is_on, healthy, replicas },
            Event::Spares { healthy, needed, spares } => Self::Spares { healthy, needed, spares },
            Event::Drained { replica } => Self::Drained { replica: owned(replica) },
            Event::DiscoverFailed { error } => {
                Self::DiscoverFailed { error: error.map(|error| owned(&Chain(error).to_string())) }
            }
            Event::Alert { is_firing, indicator, severity, burn, long, .. } => {
                Self::Alert { is_firing, indicator, severity, burn, long }
            }
            Event::SagaStuck { saga, step, error } => {
                Self::SagaStuck { saga: owned(saga), step: step.map(owned), error: owned(error) }
            }
            Event::SagaResumed { saga, by_hand: true } => Self::SagaResumed { saga: owned(saga) },
            Event::FaultsStarted { time, failure_rate } => Self::FaultsStarted { time, failure_rate },
            Event::FaultsHalted { reason } => Self::FaultsHalted { reason },
            Event::FaultsHeldBack { max_share } => Self::FaultsHeldBack { max_share },
            Event::ExperimentBegan { time } => Self::ExperimentBegan { time },
            Event::ExperimentEnded { outcome, why } => Self::ExperimentEnded { outcome, why: why.map(owned) },
            Event::Steered { by, action } => {
                Self::Steered { key: source.key().map(owned), by: owned(by), action: action.clone() }
            }
            _ => return None,
        })
    }

    /// Why an instance fails from then on, in one word, where that can begin a failure.
    pub(crate) const fn why_it_fails(&self) -> Option<&'static str> {
        match self {
            Self::Transition { reason, .. } => Some(reason),
            Self::Alert { indicator, .. } => Some(indicator.as_str()),
            _ => None,
        }
    }

    /// What it is in one word, such as `"transition"`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Transition { .. } => "transition",
            Self::Resized { .. } => "resized",
            Self::RateSet { .. } => "rate_set",
            Self::Shut { .. } => "shut",
            Self::Throttling { .. } => "throttling",
            Self::ModeChanged { .. } => "mode_changed",
            Self::SignalPanicked { .. } => "signal_panicked",
            Self::VerdictChanged { .. } => "verdict_changed",
            Self::Cleared => "cleared",
            Self::Draining { .. } => "draining",
            Self::Suspected { .. } => "suspected",
            Self::Returned { .. } => "returned",
            Self::Ejected { .. } => "ejected",
            Self::EjectionRefused { .. } => "ejection_refused",
            Self::OnTrial { .. } => "on_trial",
            Self::Readmitted { .. } => "readmitted",
            Self::FailedOver { .. } => "failed_over",
            Self::Panic { .. } => "panic",
            Self::Spares { .. } => "spares",
            Self::Drained { .. } => "drained",
            Self::DiscoverFailed { .. } => "discover_failed",
            Self::Alert { .. } => "alert",
            Self::SagaStuck { .. } => "saga_stuck",
            Self::SagaResumed { .. } => "saga_resumed",
            Self::FaultsStarted { .. } => "faults_started",
            Self::FaultsHalted { .. } => "faults_halted",
            Self::FaultsHeldBack { .. } => "faults_held_back",
            Self::ExperimentBegan { .. } => "experiment_began",
            Self::ExperimentEnded { .. } => "experiment_ended",
            Self::Steered { .. } => "steered",
        }
    }
}
