//! What happened, in words.

use std::fmt;
use std::time::Duration;

use super::what::What;
use crate::state::circuit::Phase;
use crate::state::counts::Counts;
use crate::state::verdict::Verdict;

/// One line, without a colon, so that it stands in any list.
impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transition { from, to, reason, counts, open_for } => {
                transition(f, *from, *to, *open_for)?;
                because(f, reason, counts)
            }
            Self::Resized { limit } => write!(f, "resized to {limit}"),
            Self::RateSet { rate, burst } => write!(f, "rate set to {rate}, at most {burst} at once"),
            Self::Shut { duration: Duration::ZERO } => f.write_str("let calls pass again"),
            Self::Shut { duration } => write!(f, "shut for {}", shown(*duration)),
            Self::Throttling { rejects: true, criticality, requests, accepts } => {
                write!(f, "rejects {criticality} calls, {accepts} of {requests} were taken")
            }
            Self::Throttling { rejects: false, criticality, .. } => {
                write!(f, "rejects no {criticality} calls any more")
            }
            Self::ModeChanged { from, to, signal, value } => {
                let decided = signal.zip(*value).map(|(name, value)| format!("{} at {value:.2}", name.escape_debug()));
                let (from, to, decided) = (from.escape_debug(), to.escape_debug(), decided.as_deref());
                write!(f, "{from} to {to} ({})", decided.unwrap_or("by hand"))
            }
            Self::SignalPanicked { signal, error } => {
                write!(f, "signal {} failed ({})", signal.escape_debug(), error.escape_debug())
            }
            Self::VerdictChanged { from, to } => verdict_changed(f, from, to),
            Self::Cleared => f.write_str("cleared (by hand)"),
            Self::FallbackSwitched { is_always: true } => f.write_str("answers always (by hand)"),
            Self::FallbackSwitched { is_always: false } => f.write_str("answers where calls fail (by hand)"),
            Self::Draining { is_draining: true } => f.write_str("began to drain"),
            Self::Draining { is_draining: false } => f.write_str("drains no longer"),
            Self::Suspected { node, silent } => {
                write!(f, "node {} suspected, silent for {}", node.escape_debug(), shown(*silent))
            }
            Self::Returned { node, silent } => {
                write!(f, "node {} returned, silent for {}", node.escape_debug(), shown(*silent))
            }
            Self::FailedOver { from, to, reason } => {
                f.write_str("failed over")?;
                from.as_ref().map_or(Ok(()), |from| write!(f, " from {}", from.escape_debug()))?;
                write!(f, " to {} ({})", to.escape_debug(), plain(reason))
            }
            Self::Panic { is_on, healthy, replicas } => {
                let begins = if *is_on { "health is ignored" } else { "health counts again" };
                write!(f, "{begins}, with {healthy} of {replicas} replicas healthy")
            }
            Self::Spares { healthy, needed, spares } => {
                write!(f, "replicas {healthy} healthy, {needed} needed and {spares} to spare")
            }
            Self::DiscoverFailed { error: Some(error) } => write!(f, "no news of replicas ({})", error.escape_debug()),
            Self::DiscoverFailed { error: None } => f.write_str("no more news of replicas"),
            Self::Alert { is_firing, indicator, severity, burn, long } => {
                let (severity, indicator) = (severity.as_str(), indicator.as_str());
                let changed = if *is_firing { "fires" } else { "is resolved" };
                write!(f, "alert {severity} of {indicator} {changed}, burning at {burn:.1} over {}", long.as_str())
            }
            Self::SagaStuck { saga, step, error } => {
                write!(f, "saga {} stuck", saga.escape_debug())?;
                step.as_ref().map_or(Ok(()), |step| write!(f, " at {step}"))?;
                write!(f, " ({})", error.escape_debug())
            }
            Self::SagaResumed { saga } => write!(f, "saga {} resumed", saga.escape_debug()),
            Self::FaultsStarted { time, failure_rate } => {
                write!(f, "faults started for {}", shown(*time))?;
                failure_rate.map_or(Ok(()), |rate| write!(f, ", enough to open a circuit at a failure rate of {rate}"))
            }
            Self::FaultsHalted { reason } => write!(f, "faults stopped ({})", plain(reason)),
            Self::FaultsHeldBack { max_share } => write!(f, "faults held back, {max_share} of the calls met some"),
            Self::ExperimentBegan { time } => write!(f, "experiment began, for {}", shown(*time)),
            Self::ExperimentEnded { outcome, why } => {
                write!(f, "experiment ended, {}", plain(outcome))?;
                why.as_ref().map_or(Ok(()), |why| write!(f, " ({})", why.escape_debug()))
            }
            Self::Steered { by, action, .. } => write!(f, "{} by {}", plain(&action.to_string()), by.escape_debug()),
            Self::Ejected { replica, reason, duration } => {
                let (replica, duration) = (replica.escape_debug(), shown(*duration));
                write!(f, "replica {replica} ejected for {duration} ({})", plain(reason))
            }
            Self::EjectionRefused { replica, reason } => {
                write!(f, "replica {} not ejected, too many are ({})", replica.escape_debug(), plain(reason))
            }
            Self::OnTrial { replica } => write!(f, "replica {} on trial", replica.escape_debug()),
            Self::Readmitted { replica, reason } => {
                write!(f, "replica {} readmitted ({})", replica.escape_debug(), plain(reason))
            }
            Self::Drained { replica } => write!(f, "replica {} drained", replica.escape_debug()),
        }
    }
}

/// A time as it is spoken: `1h 30s`, cut to a second. Below a minute it is cut to a millisecond, unless it is shorter.
pub(crate) fn shown(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds, time.subsec_nanos()) {
        (0, nanos) if nanos < 1_000_000 => format!("{time:?}"),
        (..60, nanos) => format!("{:?}", Duration::new(seconds, nanos - nanos % 1_000_000)),
        _ => in_words(seconds),
    }
}

/// Those of its parts that are not zero.
fn in_words(seconds: u64) -> String {
    let parts = [(seconds / 86_400, 'd'), (seconds / 3_600 % 24, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    let words: Vec<_> = parts.iter().filter(|part| part.0 > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    words.join(" ")
}

/// A word of ours as it is spoken: `failure rate`.
fn plain(word: &str) -> String {
    word.replace('_', " ")
}

fn transition(f: &mut fmt::Formatter<'_>, from: Phase, to: Phase, open_for: Option<Duration>) -> fmt::Result {
    match (from, to) {
        (Phase::MetricsOnly, Phase::MetricsOnly) => f.write_str("would have opened"),
        (_, Phase::Open) => write!(f, "opened for {}", shown(open_for.unwrap_or_default())),
        (_, to) => write!(f, "{} to {}", plain(from.as_str()), plain(to.as_str())),
    }
}

fn because(f: &mut fmt::Formatter<'_>, reason: &str, counts: &Counts) -> fmt::Result {
    let Counts { calls, failures, throttled, slow, .. } = *counts;
    write!(f, " ({}", plain(reason))?;
    if calls > 0 {
        write!(f, ", {failures} of {calls} calls failed")?;
    }
    for (count, how) in [(throttled, "throttled"), (slow, "slow")].into_iter().filter(|(count, _)| *count > 0) {
        write!(f, ", {count} {how}")?;
    }
    f.write_str(")")
}

fn verdict_changed(f: &mut fmt::Formatter<'_>, from: &Verdict, to: &Verdict) -> fmt::Result {
    write!(f, "{} to {}", from.as_str(), to.as_str())?;
    to.why().map_or(Ok(()), |why| write!(f, " ({})", why.escape_debug()))
}
