//! What a history keeps of an event.

use super::replicas::ReplicaEvent;
use super::value::Event;
use super::what::{What, cut};
use crate::error::Chain;
use crate::source::Source;

impl What {
    /// What a history keeps of an event, if it does.
    pub(crate) fn of(source: Source<'_>, event: &Event<'_>) -> Option<Self> {
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
            Event::FallbackSwitched { is_always } => Self::FallbackSwitched { is_always },
            Event::Draining { is_draining } => Self::Draining { is_draining },
            Event::Suspected { node, silent, .. } => Self::Suspected { node: owned(node), silent },
            Event::Returned { node, silent } => Self::Returned { node: owned(node), silent },
            Event::Replicas(event) => Self::of_replicas(event),
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

    /// What a history keeps of an event of replicas.
    fn of_replicas(event: ReplicaEvent<'_>) -> Self {
        match event {
            ReplicaEvent::Ejected { replica, reason, duration, .. } => {
                Self::Ejected { replica: owned(replica), reason, duration }
            }
            ReplicaEvent::EjectionRefused { replica, reason } => {
                Self::EjectionRefused { replica: owned(replica), reason }
            }
            ReplicaEvent::OnTrial { replica } => Self::OnTrial { replica: owned(replica) },
            ReplicaEvent::Readmitted { replica, reason } => Self::Readmitted { replica: owned(replica), reason },
            ReplicaEvent::FailedOver { from, to, reason } => {
                Self::FailedOver { from: from.map(owned), to: owned(to), reason }
            }
            ReplicaEvent::Panic { is_on, healthy, replicas } => Self::Panic { is_on, healthy, replicas },
            ReplicaEvent::Spares { healthy, needed, spares } => Self::Spares { healthy, needed, spares },
            ReplicaEvent::Drained { replica } => Self::Drained { replica: owned(replica) },
            ReplicaEvent::DiscoverFailed { error } => {
                Self::DiscoverFailed { error: error.map(|error| owned(&Chain(error).to_string())) }
            }
        }
    }
}

/// Comes from elsewhere, so it may be long.
fn owned(text: &str) -> String {
    cut(text).to_owned()
}
