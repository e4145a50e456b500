//! What the circuit breaker tells of itself. The names here are part of the public interface.

use std::time::Duration;

use tracing::{Level, debug, info, level_enabled, warn};

use crate::{
    Name, Rejection,
    state::circuit::{Phase, Transition},
};

const TARGET: &str = "palisade::circuit_breaker";

#[cold]
pub(super) fn transition(name: Name, transition: &Transition) {
    macro_rules! event {
        ($level:ident, $message:literal) => {
            $level!(
                target: TARGET,
                name = name.as_str(),
                from = transition.from.as_str(),
                to = transition.to.as_str(),
                reason = transition.reason.as_str(),
                calls = transition.counts.calls,
                failures = transition.counts.failures,
                slow = transition.counts.slow,
                consecutive = transition.counts.consecutive,
                open_for = transition.open_for.map(Duration::from).map(tracing::field::debug),
                $message
            )
        };
    }
    match (transition.from, transition.to) {
        (Phase::MetricsOnly, Phase::MetricsOnly) => event!(warn, "circuit would have opened"),
        (_, Phase::Open | Phase::ForcedOpen) => event!(warn, "circuit opened"),
        (_, Phase::HalfOpen) => event!(info, "circuit is half-open"),
        (_, Phase::Closed | Phase::ForcedClosed) => event!(info, "circuit closed"),
        (_, Phase::MetricsOnly) => event!(info, "circuit only measures"),
    }
}

#[inline(always)]
pub(super) fn rejected(rejection: Rejection) {
    if level_enabled!(Level::DEBUG) {
        tell_rejected(rejection);
    }
}

#[cold]
fn tell_rejected(rejection: Rejection) {
    debug!(
        target: TARGET,
        name = rejection.name().as_str(),
        reason = rejection.reason().as_str(),
        retry_after = rejection.retry_after().map(tracing::field::debug),
        "rejected"
    );
}
