//! What became of a trace under a policy: the figures that the report shows and tests assert.

use std::time::Duration;

use palisade::Phase;

/// What became of a trace under one policy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Played {
    /// The name of the policy.
    pub(crate) policy: String,
    pub(crate) totals: Totals,
    /// One for each second from the first arrival to the end of the last call.
    pub(crate) seconds: Vec<Second>,
    /// When the circuit changed its phase, since the start, beginning with its first phase. Empty where a policy has no circuit.
    pub(crate) phases: Vec<(Duration, Phase)>,
}

/// The figures of a whole trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Totals {
    pub(crate) calls: u64,
    /// Calls that got a response of the upstream service while their caller waited.
    pub(crate) good: u64,
    /// Calls that got a fallback's answer.
    pub(crate) degraded: u64,
    /// All others.
    pub(crate) failed: u64,
    /// Calls that reached the upstream service: each attempt is one.
    pub(crate) sent: u64,
    /// Those among them that it failed, refused, or never answered.
    pub(crate) vain: u64,
    /// Of the calls that were answered, good or degraded, by nearest rank.
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// How long the circuit was open.
    pub(crate) open: Duration,
    /// The mean time to recovery: see [`mttr`].
    pub(crate) mttr: Option<Duration>,
}

impl Totals {
    /// The sums over these seconds, and their mean time to recovery.
    pub(crate) fn of(seconds: &[Second]) -> Self {
        let sum = |of: fn(&Second) -> u64| seconds.iter().map(of).sum();
        Self {
            calls: sum(|second| second.calls),
            good: sum(|second| second.good),
            degraded: sum(|second| second.degraded),
            failed: sum(|second| second.failed),
            sent: sum(|second| second.sent),
            vain: sum(|second| second.vain),
            mttr: mttr(seconds),
            ..Self::default()
        }
    }
}

/// A second: what became of the calls that arrived in it, and how it was itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Second {
    pub(crate) calls: u64,
    pub(crate) good: u64,
    pub(crate) degraded: u64,
    pub(crate) failed: u64,
    /// Of the calls that arrived in it and were answered, good or degraded.
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Calls that reached the upstream service in this second, whenever they arrived.
    pub(crate) sent: u64,
    /// Those among them that it failed, refused, or never answered.
    pub(crate) vain: u64,
    /// What the upstream service has at the end of this second, working and queued.
    pub(crate) busy: u64,
    /// The phase of the circuit at the end of this second.
    pub(crate) phase: Option<Phase>,
    /// The tokens that are left to retries.
    pub(crate) budget: Option<f64>,
    /// The limit of the bulkhead, or that of the queue where there is no bulkhead.
    pub(crate) limit: Option<u64>,
}

/// The mean time to recovery: how long an outage lasts. One that lasts at the end counts with its time so far.
pub(crate) fn mttr(seconds: &[Second]) -> Option<Duration> {
    let outages = outages(seconds);
    let end = (1..).zip(seconds).filter(|(_, second)| second.calls > 0).last().map_or(0, |(end, _)| end);
    let down: u64 = outages.iter().map(|(from, to)| to.unwrap_or(end) - from).sum();
    u32::try_from(outages.len()).ok().and_then(|outages| Duration::from_secs(down).checked_div(outages))
}

/// Whether an outage lasts at the end.
pub(crate) fn is_down(seconds: &[Second]) -> bool {
    outages(seconds).last().is_some_and(|(_, to)| to.is_none())
}

/// The outages: the first second of each, and the first after it unless it lasts at the end.
///
/// An outage begins with a second in which fewer than half of the calls are good, and ends with the next in which nine in ten are.
/// Seconds without calls tell nothing.
fn outages(seconds: &[Second]) -> Vec<(u64, Option<u64>)> {
    let mut outages: Vec<(u64, Option<u64>)> = Vec::new();
    for (second, now) in (0..).zip(seconds).filter(|(_, now)| now.calls > 0) {
        match outages.last_mut() {
            Some((_, to @ None)) if 10 * now.good >= 9 * now.calls => *to = Some(second),
            Some((_, None)) => {}
            _ if 2 * now.good < now.calls => outages.push((second, None)),
            _ => {}
        }
    }
    outages
}

/// How long the circuit was open, when the trace lasted until `end`.
pub(crate) fn open(phases: &[(Duration, Phase)], end: Duration) -> Duration {
    let ends = phases.iter().skip(1).map(|(at, _)| *at).chain([end]);
    phases
        .iter()
        .zip(ends)
        .filter(|((_, phase), _)| *phase == Phase::Open)
        .map(|((from, _), to)| to.saturating_sub(*from))
        .sum()
}

/// The latency that so many percent do not exceed, by nearest rank; zero of none.
pub(crate) fn percentile(percent: usize, sorted: &[u32]) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    rank.checked_sub(1).map_or(Duration::ZERO, |last| Duration::from_millis(sorted[last].into()))
}
