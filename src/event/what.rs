//! What happened, as a history keeps it.

use std::time::Duration;

use super::action::Action;
use crate::state::circuit::Phase;
use crate::state::counts::Counts;
use crate::state::criticality::Criticality;
use crate::state::objective::{BurnWindow, Indicator, Severity};
use crate::state::rate::Rate;
use crate::state::verdict::Verdict;

/// Something that happened in a layer, which its history keeps: an [`Event`](super::Event) that owns what it says.
///
/// As text it is one line of plain words. What happens in every call is counted, and is not here.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// [`Event::Transition`](super::Event::Transition)
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
    /// [`Event::Resized`](super::Event::Resized), but not by itself: a limit that is found may change with every round.
    #[non_exhaustive]
    Resized {
        /// The most calls that may be in flight from then on.
        limit: usize,
    },
    /// [`Event::RateSet`](super::Event::RateSet)
    #[non_exhaustive]
    RateSet {
        /// The rate from then on.
        rate: Rate,
        /// The most calls that may pass at once from then on.
        burst: u32,
    },
    /// [`Event::Shut`](super::Event::Shut)
    #[non_exhaustive]
    Shut {
        /// For how long no new call passes; zero where a key was unblocked.
        duration: Duration,
    },
    /// [`Event::Throttling`](super::Event::Throttling)
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
    /// [`Event::ModeChanged`](super::Event::ModeChanged)
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
    /// [`Event::SignalPanicked`](super::Event::SignalPanicked)
    #[non_exhaustive]
    SignalPanicked {
        /// The signal.
        signal: &'static str,
        /// What the panic says, in at most 200 characters.
        error: String,
    },
    /// [`Event::VerdictChanged`](super::Event::VerdictChanged)
    #[non_exhaustive]
    VerdictChanged {
        /// The verdict before.
        from: Verdict,
        /// The verdict after.
        to: Verdict,
    },
    /// [`Event::Cleared`](super::Event::Cleared)
    #[non_exhaustive]
    Cleared,
    /// [`Event::FallbackSwitched`](super::Event::FallbackSwitched)
    #[non_exhaustive]
    FallbackSwitched {
        /// Whether it answered every call from then on.
        is_always: bool,
    },
    /// [`Event::Draining`](super::Event::Draining)
    #[non_exhaustive]
    Draining {
        /// Whether it drains from then on.
        is_draining: bool,
    },
    /// [`Event::Suspected`](super::Event::Suspected)
    #[non_exhaustive]
    Suspected {
        /// The node.
        node: String,
        /// For how long it had been silent.
        silent: Duration,
    },
    /// [`Event::Returned`](super::Event::Returned)
    #[non_exhaustive]
    Returned {
        /// The node.
        node: String,
        /// For how long it was silent.
        silent: Duration,
    },
    /// [`ReplicaEvent::Ejected`](super::ReplicaEvent::Ejected)
    #[non_exhaustive]
    Ejected {
        /// The replica.
        replica: String,
        /// Why, in the word that the event has.
        reason: &'static str,
        /// For how long.
        duration: Duration,
    },
    /// [`ReplicaEvent::EjectionRefused`](super::ReplicaEvent::EjectionRefused)
    #[non_exhaustive]
    EjectionRefused {
        /// The replica.
        replica: String,
        /// Why it was to be ejected, in the word that the event has.
        reason: &'static str,
    },
    /// [`ReplicaEvent::OnTrial`](super::ReplicaEvent::OnTrial)
    #[non_exhaustive]
    OnTrial {
        /// The replica.
        replica: String,
    },
    /// [`ReplicaEvent::Readmitted`](super::ReplicaEvent::Readmitted)
    #[non_exhaustive]
    Readmitted {
        /// The replica.
        replica: String,
        /// Why, in the word that the event has.
        reason: &'static str,
    },
    /// [`ReplicaEvent::FailedOver`](super::ReplicaEvent::FailedOver)
    #[non_exhaustive]
    FailedOver {
        /// The replica that took the calls; `None` where it was removed.
        from: Option<String>,
        /// The replica that takes them.
        to: String,
        /// Why, in the word that the event has.
        reason: &'static str,
    },
    /// [`ReplicaEvent::Panic`](super::ReplicaEvent::Panic)
    #[non_exhaustive]
    Panic {
        /// Whether health is ignored from then on.
        is_on: bool,
        /// How many replicas are healthy.
        healthy: usize,
        /// How many there are, without those that are drained.
        replicas: usize,
    },
    /// [`ReplicaEvent::Spares`](super::ReplicaEvent::Spares)
    #[non_exhaustive]
    Spares {
        /// How many replicas are healthy.
        healthy: usize,
        /// How many are needed.
        needed: usize,
        /// How many spare ones there should be beside these.
        spares: usize,
    },
    /// [`ReplicaEvent::Drained`](super::ReplicaEvent::Drained)
    #[non_exhaustive]
    Drained {
        /// The replica.
        replica: String,
    },
    /// [`ReplicaEvent::DiscoverFailed`](super::ReplicaEvent::DiscoverFailed)
    #[non_exhaustive]
    DiscoverFailed {
        /// The error with its causes; `None` at the end.
        error: Option<String>,
    },
    /// [`Event::Alert`](super::Event::Alert)
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
    /// [`Event::SagaStuck`](super::Event::SagaStuck)
    #[non_exhaustive]
    SagaStuck {
        /// The id of the saga.
        saga: String,
        /// The step that failed first, where it is known.
        step: Option<String>,
        /// Why, with its causes, in at most 200 characters.
        error: String,
    },
    /// [`Event::SagaResumed`](super::Event::SagaResumed), by hand.
    #[non_exhaustive]
    SagaResumed {
        /// The id of the saga.
        saga: String,
    },
    /// [`Event::FaultsStarted`](super::Event::FaultsStarted)
    #[non_exhaustive]
    FaultsStarted {
        /// How long they were to last.
        time: Duration,
        /// The failure rate at which a circuit breaker of the same name opens, if as many calls might be faulted.
        failure_rate: Option<f64>,
    },
    /// [`Event::FaultsHalted`](super::Event::FaultsHalted)
    #[non_exhaustive]
    FaultsHalted {
        /// Why, in the word that the event has.
        reason: &'static str,
    },
    /// [`Event::FaultsHeldBack`](super::Event::FaultsHeldBack)
    #[non_exhaustive]
    FaultsHeldBack {
        /// The largest share of the last 1,000 calls.
        max_share: f64,
    },
    /// [`Event::ExperimentBegan`](super::Event::ExperimentBegan)
    #[non_exhaustive]
    ExperimentBegan {
        /// For how long it was to break something.
        time: Duration,
    },
    /// [`Event::ExperimentEnded`](super::Event::ExperimentEnded)
    #[non_exhaustive]
    ExperimentEnded {
        /// What came of it, in the word that the event has.
        outcome: &'static str,
        /// Why it did not hold, in at most 200 characters.
        why: Option<String>,
    },
    /// [`Event::Steered`](super::Event::Steered)
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
            Self::FallbackSwitched { .. } => "fallback_switched",
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
