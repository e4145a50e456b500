//! Events of degradations and of the features that they switch off.

use tracing::{field, info, warn};

use crate::event::Event;

pub(super) fn of_degradation(name: &'static str, event: &Event<'_>) {
    macro_rules! row {
        ($level:ident, $($fields:tt)+) => {
            $level!(target: "palisade::degradation", name, $($fields)+)
        };
    }
    match *event {
        Event::ModeChanged { from, to, is_worse: true, signal, value } => {
            row!(warn, from, to, signal, value, "mode changed");
        }
        Event::ModeChanged { from, to, signal, value, .. } => row!(info, from, to, signal, value, "mode changed"),
        // What a panic says may be from elsewhere.
        Event::SignalPanicked { signal, error } => {
            row!(warn, signal, error = field::display(error.escape_debug()), "signal panicked");
        }
        Event::UnknownFeature { degradation } => {
            row!(warn, degradation = degradation.as_str(), "feature is not known, and always on");
        }
        _ => {}
    }
}
