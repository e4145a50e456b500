//! The one table of target, level and fields. The names here are part of the public interface.

use tracing::{debug, field, info, warn};

use super::Event;
use crate::chain::Chain;
use crate::source::{Kind, Source, kinds};
use crate::state::circuit::Phase;

pub(super) fn write(source: Source<'_>, event: &Event<'_>) {
    let (name, key) = (source.name().as_str(), source.key());
    match *event {
        Event::Transition { from, to, reason, counts, open_for } => {
            macro_rules! row {
                ($level:ident, $message:literal) => {
                    $level!(
                        target: "palisade::circuit_breaker",
                        name,
                        key,
                        from = from.as_str(),
                        to = to.as_str(),
                        reason,
                        calls = counts.calls,
                        failures = counts.failures,
                        slow = counts.slow,
                        consecutive = counts.consecutive,
                        open_for = open_for.map(field::debug),
                        $message
                    )
                };
            }
            match (from, to) {
                (Phase::MetricsOnly, Phase::MetricsOnly) => row!(warn, "circuit would have opened"),
                (_, Phase::Open | Phase::ForcedOpen) => row!(warn, "circuit opened"),
                (_, Phase::HalfOpen) => row!(info, "circuit is half-open"),
                (_, Phase::Closed | Phase::ForcedClosed) => row!(info, "circuit closed"),
                (_, Phase::MetricsOnly) => row!(info, "circuit only measures"),
            }
        }
        Event::Rejected(rejection) => {
            let reason = rejection.reason().as_str();
            let retry_after = rejection.retry_after().map(field::debug);
            // A target is a literal, so there is a row for each kind.
            macro_rules! rows {
                ($($kind:ident: $text:literal, $target:literal;)+) => {
                    match source.kind() {
                        $(Kind::$kind => debug!(target: $target, name, key, reason, retry_after, "rejected"),)+
                    }
                };
            }
            kinds!(rows);
        }
        Event::Resized { limit } => info!(target: "palisade::bulkhead", name, key, limit, "resized"),
        Event::Retrying { attempt, delay, outcome, error } => {
            let (outcome, error) = (outcome.as_str(), error.map(|error| field::display(Chain(error))));
            debug!(target: "palisade::retry", name, attempt, ?delay, outcome, error, "retrying");
        }
        Event::Stopped { attempt, reason, rejection } => {
            let rejection = rejection.map(field::display);
            debug!(target: "palisade::retry", name, attempt, reason, rejection, "stopped retrying");
        }
        Event::TimedOut(elapsed) => {
            let (limit, elapsed) = (elapsed.limit(), elapsed.elapsed());
            debug!(target: "palisade::timeout", name, ?limit, ?elapsed, "timed out");
        }
        Event::Degraded { step, error } => {
            let error = error.map(|error| field::display(Chain(error)));
            debug!(target: "palisade::fallback", name, step, error, "degraded");
        }
        Event::FallbackFailed(error) => {
            debug!(target: "palisade::fallback", name, error = %Chain(error), "fallback failed");
        }
        Event::NoRoom { capacity, outcome, is_first } => {
            macro_rules! row {
                ($level:ident) => {
                    $level!(target: "palisade::per_key", name, capacity, outcome, "no room for another key")
                };
            }
            if is_first { row!(warn) } else { row!(debug) }
        }
        Event::Answered(error) => debug!(target: "palisade::answer", error = %Chain(error), "answered"),
    }
}
