//! Events of replicas and sagas, whose names and ids may come from elsewhere.

use tracing::{Value, debug, field, info, warn};

use crate::error::Chain;
use crate::event::{Event, ReplicaEvent};

fn shown(name: &str) -> impl Value {
    field::display(name.escape_debug().to_string())
}

pub(super) fn of_sagas(name: &'static str, event: &Event<'_>) {
    match *event {
        Event::SagaStepFailed { saga, step, error } => {
            debug!(target: "palisade::saga", name, saga = shown(saga), step, error = %Chain(error), "step failed");
        }
        Event::SagaUndone { saga } => debug!(target: "palisade::saga", name, saga = shown(saga), "saga undone"),
        Event::SagaStuck { saga, step, error } => {
            warn!(target: "palisade::saga", name, saga = shown(saga), step, error, "saga stuck");
        }
        Event::SagaResumed { saga, by_hand: true } => {
            info!(target: "palisade::saga", name, saga = shown(saga), by_hand = true, "saga resumed");
        }
        Event::SagaResumed { saga, .. } => {
            debug!(target: "palisade::saga", name, saga = shown(saga), by_hand = false, "saga resumed");
        }
        _ => {}
    }
}

pub(super) fn of_replicas(name: &'static str, event: ReplicaEvent<'_>) {
    macro_rules! row {
        ($level:ident, $($fields:tt)+) => {
            $level!(target: "palisade::replicas", name, $($fields)+)
        };
    }
    match event {
        ReplicaEvent::Ejected { replica, reason, duration, times } => {
            row!(warn, replica = shown(replica), reason, ?duration, times, "replica ejected");
        }
        ReplicaEvent::EjectionRefused { replica, reason } => {
            row!(warn, replica = shown(replica), reason, "too many replicas are ejected for another");
        }
        ReplicaEvent::OnTrial { replica } => row!(info, replica = shown(replica), "replica is on trial"),
        ReplicaEvent::Readmitted { replica, reason } => {
            row!(info, replica = shown(replica), reason, "replica readmitted");
        }
        ReplicaEvent::FailedOver { from, to, reason } => {
            row!(warn, from = from.map(shown), to = shown(to), reason, "failed over");
        }
        ReplicaEvent::Panic { is_on: true, healthy, replicas } => {
            row!(warn, healthy, replicas, "so few replicas are healthy that health is ignored");
        }
        ReplicaEvent::Panic { healthy, replicas, .. } => row!(info, healthy, replicas, "health counts again"),
        ReplicaEvent::Spares { healthy, needed, spares } if healthy < needed.saturating_add(spares) => {
            row!(warn, healthy, needed, spares, "too few replicas are healthy");
        }
        ReplicaEvent::Spares { healthy, needed, spares } => {
            row!(info, healthy, needed, spares, "enough replicas are healthy");
        }
        ReplicaEvent::Drained { replica } => row!(info, replica = shown(replica), "replica drained"),
        ReplicaEvent::DiscoverFailed { error: Some(error) } => row!(warn, error = %Chain(error), "no news of replicas"),
        ReplicaEvent::DiscoverFailed { error: None } => row!(info, "no more news of replicas"),
    }
}
