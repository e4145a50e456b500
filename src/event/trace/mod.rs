//! The one table of target, level and fields. The names here are part of the public interface.

mod attempts;
mod chaos;
mod degradation;
mod fallback;
mod named;

use tracing::{debug, field, info, warn};

use self::attempts::of_attempts;
use self::chaos::of_chaos;
use self::degradation::of_degradation;
use self::fallback::of_fallbacks;
use self::named::{of_replicas, of_sagas};
use super::{Action, Event};
use crate::error::{Chain, Rejection};
use crate::source::{Kind, Source, kinds};
use crate::state::circuit::Phase;
use crate::state::counts::Counts;
use crate::state::criticality::Criticality;
use crate::state::verdict::Verdict;

pub(crate) fn write(source: Source<'_>, event: &Event<'_>) {
    let name = source.name().as_str();
    match *event {
        Event::Transition { .. } => transition(source, event),
        Event::Rejected(rejection) => rejected(source, rejection),
        Event::Resized { limit, reason } => resized(source, limit, reason),
        Event::RateSet { rate, burst } => {
            let (key, calls, period) = (source.key(), rate.calls(), rate.period());
            info!(target: "palisade::rate_limit", name, key, calls, ?period, burst, "rate set");
        }
        Event::Shut { duration } => {
            debug!(target: "palisade::rate_limit", name, key = source.key(), ?duration, "shut");
        }
        Event::Throttling { rejects, criticality, requests, accepts } => {
            let (key, criticality) = (source.key(), criticality.as_str());
            throttling(name, key, rejects, criticality, [requests, accepts]);
        }
        Event::ModeChanged { .. } | Event::SignalPanicked { .. } | Event::UnknownFeature { .. } => {
            of_degradation(name, event);
        }
        Event::Retrying { .. }
        | Event::Stopped { .. }
        | Event::Hedging { .. }
        | Event::HedgeWithheld { .. }
        | Event::HedgeWon { .. } => of_attempts(name, event),
        Event::TimedOut(elapsed) => {
            let (limit, elapsed) = (elapsed.limit(), elapsed.elapsed());
            debug!(target: "palisade::timeout", name, ?limit, ?elapsed, "timed out");
        }
        Event::Degraded { .. } | Event::FallbackFailed(_) | Event::FallbackSwitched { .. } => of_fallbacks(name, event),
        Event::CacheAnswered { result, age } => {
            debug!(target: "palisade::cache", name, result, age = age.map(field::debug), "answered");
        }
        Event::Refreshed { result } => debug!(target: "palisade::cache", name, result, "refreshed"),
        Event::Evicted { entries } => debug!(target: "palisade::cache", name, entries, "evicted"),
        Event::Cleared => info!(target: "palisade::cache", name, "cleared"),
        Event::LetterStored { .. }
        | Event::LetterLost { .. }
        | Event::LetterReplayed { .. }
        | Event::LetterParked { .. } => of_letters(name, event),
        Event::NoRoom { capacity, outcome, is_first } => no_room(source, capacity, outcome, is_first),
        Event::VerdictChanged { from, to } => verdict_changed(name, from, to),
        Event::Draining { is_draining: true } => info!(target: "palisade::health", name, "draining"),
        Event::Draining { is_draining: false } => info!(target: "palisade::health", name, "no longer draining"),
        // The name of a node comes from elsewhere.
        Event::Suspected { node, phi, silent, suspected } => {
            let node = field::display(node.escape_debug());
            warn!(target: "palisade::heartbeats", name, node, phi, ?silent, ?suspected, "node suspected");
        }
        Event::Returned { node, silent } => {
            let node = field::display(node.escape_debug());
            info!(target: "palisade::heartbeats", name, node, ?silent, "node returned");
        }
        Event::Replicas(event) => of_replicas(name, event),
        Event::SagaStepFailed { .. }
        | Event::SagaUndone { .. }
        | Event::SagaStuck { .. }
        | Event::SagaResumed { .. } => of_sagas(name, event),
        Event::Steered { by, action } => steered(source, by, action),
        Event::Alert { .. } => alert(name, event),
        Event::FaultsStarted { .. }
        | Event::FaultsHalted { .. }
        | Event::FaultsHeldBack { .. }
        | Event::Faulted { .. }
        | Event::ExperimentBegan { .. }
        | Event::ExperimentEnded { .. } => of_chaos(name, event),
        Event::NotListed { capacity } => {
            let kind = source.kind().as_str();
            warn!(target: "palisade::registry", name, kind, capacity, "no room for another instance");
        }
        Event::Restored { age } => {
            let kind = source.kind().as_str();
            info!(target: "palisade::registry", name, kind, ?age, "restored");
        }
        // It may be from elsewhere.
        Event::LeftOut { why, count, what } => {
            let what = field::display(what.escape_debug());
            if why == "missing" {
                info!(target: "palisade::registry", name, why, count, what, "no snapshot");
            } else {
                warn!(target: "palisade::registry", name, why, count, what, "left out of a snapshot");
            }
        }
        Event::Answered(error) => debug!(target: "palisade::answer", error = %Chain(error), "answered"),
    }
}

fn transition(source: Source<'_>, event: &Event<'_>) {
    let Event::Transition { from, to, reason, counts, open_for } = *event else { return };
    let (name, key) = (source.name().as_str(), source.key());
    let Counts { calls, failures, throttled, slow, consecutive } = counts;
    let (from_word, to_word, open_for) = (from.as_str(), to.as_str(), open_for.map(field::debug));
    macro_rules! row {
        ($level:ident, $message:literal) => {
            $level!(
                target: "palisade::circuit_breaker",
                name, key, from = from_word, to = to_word, reason, calls, failures, throttled, slow, consecutive,
                open_for, $message
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

fn rejected(source: Source<'_>, rejection: &Rejection) {
    let (name, key, reason) = (source.name().as_str(), source.key(), rejection.reason().as_str());
    let retry_after = rejection.retry_after().map(field::debug);
    let criticality = Criticality::around().map(Criticality::as_str);
    // A target is a literal, so there is a row for each kind.
    macro_rules! rows {
        ($($kind:ident: $text:literal, $target:literal;)+) => {
            match source.kind() {
                $(Kind::$kind => debug!(target: $target, name, key, reason, retry_after, criticality, "rejected"),)+
            }
        };
    }
    kinds!(rows);
}

fn throttling(name: &str, key: Option<&str>, rejects: bool, criticality: &str, [requests, accepts]: [u64; 2]) {
    macro_rules! row {
        ($level:ident, $message:literal) => {
            $level!(target: "palisade::throttle", name, key, criticality, requests, accepts, $message)
        };
    }
    if rejects { row!(warn, "throttle rejects calls") } else { row!(info, "throttle rejects no calls") }
}

fn resized(source: Source<'_>, limit: usize, reason: &'static str) {
    let (name, key) = (source.name().as_str(), source.key());
    macro_rules! rows {
        ($($kind:ident: $text:literal, $target:literal;)+) => {
            match (source.kind(), reason) {
                // It may change with every round.
                $((Kind::$kind, "adapted") => debug!(target: $target, name, key, limit, reason, "resized"),)+
                $((Kind::$kind, _) => info!(target: $target, name, key, limit, reason, "resized"),)+
            }
        };
    }
    kinds!(rows);
}

/// Who did it comes from elsewhere.
fn steered(source: Source<'_>, by: &str, action: &Action) {
    let (name, key) = (source.name().as_str(), source.key().map(|key| field::display(key.escape_debug().to_string())));
    let (action, by) = (field::display(action), field::display(by.escape_debug()));
    macro_rules! rows {
        ($($kind:ident: $text:literal, $target:literal;)+) => {
            match source.kind() {
                $(Kind::$kind => info!(target: $target, name, key, action, by, "steered"),)+
            }
        };
    }
    kinds!(rows);
}

fn no_room(source: Source<'_>, capacity: usize, outcome: &'static str, is_first: bool) {
    let name = source.name().as_str();
    macro_rules! row {
        ($level:ident, $target:literal, $message:literal) => {
            $level!(target: $target, name, capacity, outcome, $message)
        };
    }
    match (source.kind(), is_first) {
        (Kind::Heartbeats, true) => row!(warn, "palisade::heartbeats", "no room for another node"),
        (Kind::Heartbeats, false) => row!(debug, "palisade::heartbeats", "no room for another node"),
        (_, true) => row!(warn, "palisade::per_key", "no room for another key"),
        (_, false) => row!(debug, "palisade::per_key", "no room for another key"),
    }
}

fn verdict_changed(name: &'static str, from: &Verdict, to: &Verdict) {
    let (from, to, why) = (from.as_str(), to.as_str(), to.why());
    if why.is_none() {
        info!(target: "palisade::health", name, from, to, "verdict changed");
    } else {
        warn!(target: "palisade::health", name, from, to, why, "verdict changed");
    }
}

fn alert(name: &'static str, event: &Event<'_>) {
    let Event::Alert { is_firing, indicator, severity, burn, threshold, long, short, runbook_url } = *event else {
        return;
    };
    let (indicator, severity, long, short) = (indicator.as_str(), severity.as_str(), long.as_str(), short.as_str());
    macro_rules! row {
        ($level:ident, $message:literal) => {
            $level!(
                target: "palisade::objective",
                name, indicator, severity, burn, threshold, long, short, runbook_url, $message
            )
        };
    }
    if is_firing { row!(warn, "alert fires") } else { row!(info, "alert resolved") }
}

fn of_letters(name: &'static str, event: &Event<'_>) {
    macro_rules! row {
        ($level:ident, $($fields:tt)+) => {
            $level!(target: "palisade::dead_letter", name, $($fields)+)
        };
    }
    match *event {
        Event::LetterStored { is_accepted, error } => {
            let error = error.map(|error| field::display(Chain(error)));
            row!(debug, accepted = is_accepted, error, "letter stored");
        }
        Event::LetterLost { reason, error, is_first } => {
            let error = error.map(|error| field::display(Chain(error)));
            if is_first { row!(warn, reason, error, "letter lost") } else { row!(debug, reason, error, "letter lost") }
        }
        Event::LetterReplayed { id, result, error } => {
            let error = error.map(|error| field::display(Chain(error)));
            row!(debug, id = %id, result, error, "letter replayed");
        }
        Event::LetterParked { id, reason } => row!(warn, id = %id, reason, "letter parked"),
        _ => {}
    }
}
