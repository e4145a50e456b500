//! Events of chaos and of experiments.

use tracing::{debug, field, info, warn};

use crate::event::Event;

pub(super) fn of_chaos(name: &'static str, event: &Event<'_>) {
    macro_rules! row {
        ($level:ident, $($fields:tt)+) => {
            $level!(target: "palisade::chaos", name, $($fields)+)
        };
    }
    match *event {
        Event::FaultsStarted { time, failure_rate: None } => row!(warn, ?time, "faults started"),
        Event::FaultsStarted { time, failure_rate } => {
            row!(warn, ?time, failure_rate, "faults started that may open a circuit");
        }
        Event::FaultsHalted { reason: reason @ ("halt_when" | "panicked") } => row!(warn, reason, "faults stopped"),
        Event::FaultsHalted { reason } => row!(info, reason, "faults stopped"),
        Event::FaultsHeldBack { max_share } => row!(info, max_share, "faults held back"),
        Event::Faulted { fault } => row!(debug, fault, "faulted"),
        Event::ExperimentBegan { time } => row!(warn, ?time, "experiment began"),
        Event::ExperimentEnded { outcome, why: None } => row!(info, outcome, "experiment ended"),
        // The reason may come from elsewhere.
        Event::ExperimentEnded { outcome, why: Some(why) } => {
            row!(warn, outcome, why = field::display(why.escape_debug()), "experiment ended");
        }
        _ => {}
    }
}
