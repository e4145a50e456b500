//! Events of fallbacks.

use tracing::{debug, field, info, warn};

use crate::error::Chain;
use crate::event::Event;

pub(super) fn of_fallbacks(name: &'static str, event: &Event<'_>) {
    macro_rules! row {
        ($level:ident, $($fields:tt)+) => {
            $level!(target: "palisade::fallback", name, $($fields)+)
        };
    }
    match *event {
        Event::Degraded { step, error } => {
            let error = error.map(|error| field::display(Chain(error)));
            row!(debug, step, error, "degraded");
        }
        Event::FallbackFailed(error) => row!(debug, error = %Chain(error), "fallback failed"),
        Event::FallbackSwitched { is_always: true } => row!(warn, "fallback answers always"),
        Event::FallbackSwitched { is_always: false } => row!(info, "fallback answers where calls fail"),
        _ => {}
    }
}
