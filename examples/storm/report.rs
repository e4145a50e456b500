//! The report: a row each second, a line for each gateway at the end, and whether the layers helped.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade::{CircuitHandle, Phase as Circuit};

use crate::gateway::{ATTEMPT_TIMEOUT, ATTEMPTS, MAX_CONCURRENT, TOTAL_TIMEOUT};
use crate::traffic::{CALLS_A_SECOND, Ended, Log, Verdict};
use crate::upstream::{self, HEALTHY, Phase, Upstream};

/// How long before the end of the schedule recovery must be complete.
const LAST: Duration = Duration::from_secs(3);

/// One gateway: what happened, and how much of it was printed.
pub(crate) struct Side {
    log: Arc<Log>,
    upstream_calls: Arc<AtomicU64>,
    printed: Mark,
}

/// How far the counts of a gateway had come at some moment.
#[derive(Clone, Copy, Default)]
struct Mark {
    sent: u64,
    ended: usize,
    upstream_calls: u64,
}

impl Side {
    pub(crate) fn new(log: &Arc<Log>, upstream: &Upstream) -> Self {
        Self { log: Arc::clone(log), upstream_calls: Arc::clone(upstream.calls()), printed: Mark::default() }
    }

    /// What happened since then, and how far that goes.
    fn since(&self, mark: Mark) -> (Figures, Mark) {
        let (sent, upstream_calls) =
            (self.log.sent.load(Ordering::Relaxed), self.upstream_calls.load(Ordering::Relaxed));
        let ended = self.log.ended.lock()[mark.ended..].to_vec();
        let now = Mark { sent, ended: mark.ended + ended.len(), upstream_calls };
        let figures = Figures { sent: sent - mark.sent, ended, upstream_calls: upstream_calls - mark.upstream_calls };
        (figures, now)
    }

    /// What happened since the last row.
    fn advance(&mut self) -> Figures {
        let (row, now) = self.since(self.printed);
        self.printed = now;
        row
    }

    /// All that happened so far.
    fn total(&self) -> Figures {
        self.since(Mark::default()).0
    }
}

/// What was measured at a gateway in some time.
struct Figures {
    sent: u64,
    ended: Vec<Ended>,
    upstream_calls: u64,
}

impl Figures {
    fn count(&self, verdict: Verdict) -> usize {
        self.ended.iter().filter(|call| call.verdict == verdict).count()
    }

    /// The latency that this share of all calls did not exceed, by nearest rank.
    fn percentile(&self, percent: usize) -> Option<Duration> {
        let mut latencies: Vec<_> = self.ended.iter().map(|call| call.latency).collect();
        latencies.sort_unstable();
        let rank = (latencies.len() * percent).div_ceil(100);
        latencies.get(rank.checked_sub(1)?).copied()
    }

    /// How many of the calls that arrived at such times were good, and how many there were.
    fn good_among(&self, arrived: impl Fn(Duration) -> bool) -> Share {
        let among = self.ended.iter().filter(|call| arrived(call.arrival));
        let good = among.clone().filter(|call| call.verdict == Verdict::Good).count();
        Share { good, calls: among.count() }
    }
}

/// A row's part for one gateway.
impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [good, degraded, failed] = [Verdict::Good, Verdict::Degraded, Verdict::Failed].map(|v| self.count(v));
        let [p50, p99] = [50, 99].map(|percent| self.percentile(percent).map_or("-".to_owned(), short_ms));
        write!(f, "{:>4} {good:>4} {degraded:>4} {failed:>4} {p50:>4} {p99:>4}", self.sent)?;
        write!(f, " {:>5}", self.upstream_calls)
    }
}

struct Share {
    good: usize,
    calls: usize,
}

impl Share {
    fn is_at_least(&self, percent: usize) -> bool {
        self.calls > 0 && self.good * 100 >= self.calls * percent
    }
}

/// Both gateways side by side.
pub(crate) struct Table {
    sides: [Side; 2],
    circuit: CircuitHandle,
}

impl Table {
    pub(crate) fn new(sides: [Side; 2], circuit: CircuitHandle) -> Self {
        Self { sides, circuit }
    }

    pub(crate) fn print_row(&mut self, second: &str, phase: &str) {
        let circuit = self.circuit.phase().as_str();
        let [unprotected, protected] = self.sides.each_mut().map(Side::advance);
        println!("{second:>3} {phase:<10} | {unprotected} | {protected} {circuit}");
    }

    /// How many calls of the protected gateway were sent, and how many the fallback answered.
    #[cfg_attr(not(feature = "page"), expect(dead_code, reason = "it is for the page"))]
    pub(crate) fn protected(&self) -> (u64, u64) {
        let total = self.sides[1].total();
        (total.sent, total.count(Verdict::Degraded) as u64)
    }

    /// Prints the last two lines, and tells the conditions that were not met.
    pub(crate) fn finish(&self) -> Vec<String> {
        let [unprotected, protected] = self.sides.each_ref().map(Side::total);
        print_summary("unprotected", &unprotected);
        print_summary("protected", &protected);
        broken_conditions(&unprotected, &protected, self.circuit.phase())
    }
}

pub(crate) fn print_head() {
    println!(
        "For {} seconds two gateways get the same calls, {CALLS_A_SECOND} a second each, whatever becomes of those\n\
         before. Each calls an upstream of its own over TCP; both upstreams follow one script: healthy,\n\
         slow (1 s an answer), failing (only 503), overloaded (it can give 100 answers a second),\n\
         recovering (200), healthy. Even in health one answer in 50 is a 503. Either gateway makes up to\n\
         {ATTEMPTS} attempts of {} ms: `unprotected` just one after the other, `protected` through palisade's\n\
         fallback > measure > timeout of {} ms > rate limit > retry > circuit breaker > bulkhead of {MAX_CONCURRENT}\n\
         > timeout. A call is good when it gets upstream's answer, degraded when it gets the fallback's,\n\
         failed when it gets neither. A row counts what was sent, what ended, and what reached upstream\n\
         in that second; circuit is the state at its end. Latencies, in ms, are of all calls that ended,\n\
         also degraded and failed ones, from the moment at which the schedule has the call arrive.\n",
        upstream::seconds(),
        ATTEMPT_TIMEOUT.as_millis(),
        TOTAL_TIMEOUT.as_millis(),
    );
    let columns = "sent good degr fail  p50  p99 calls";
    println!("{:14} | {:^35} | {:>22}", "", "unprotected", "protected");
    println!("{:>3} {:<10} | {columns} | {columns} circuit", "s", "upstream");
}

fn print_summary(name: &str, total: &Figures) {
    let [good, degraded, failed] = [Verdict::Good, Verdict::Degraded, Verdict::Failed].map(|v| total.count(v));
    let [p50, p99] = [50, 99].map(|percent| ms(total.percentile(percent).unwrap_or_default()));
    println!(
        "{name}: sent={} good={good} degraded={degraded} failed={failed} p50_ms={p50:.0} p99_ms={p99:.0} \
         upstream_calls={}",
        total.sent, total.upstream_calls
    );
}

/// What the layers must have done to be worth having.
fn broken_conditions(bare: &Figures, ours: &Figures, circuit: Circuit) -> Vec<String> {
    let of = |verdict| (bare.count(verdict), ours.count(verdict));
    let (good, failed) = (of(Verdict::Good), of(Verdict::Failed));
    let p99 = (bare.percentile(99).unwrap_or_default(), ours.percentile(99).unwrap_or_default());
    let calls = (bare.upstream_calls, ours.upstream_calls);
    let ended = (bare.ended.len() as u64, ours.ended.len() as u64);
    let healthy = ours.good_among(|arrival| Phase::at(arrival).name == HEALTHY);
    let end = Duration::from_secs(upstream::seconds());
    let last = ours.good_among(|arrival| arrival + LAST >= end);

    let conditions = [
        (bare.sent == ours.sent, format!("both send the same ({} and {})", bare.sent, ours.sent)),
        (ended == (bare.sent, ours.sent), format!("every call ends ({} and {} did)", ended.0, ended.1)),
        (good.1 >= good.0, format!("protected has as many good ({1}) as unprotected ({0})", good.0, good.1)),
        (failed.1 < failed.0, format!("protected has fewer failed ({1}) than unprotected ({0})", failed.0, failed.1)),
        (p99.1 < p99.0, format!("protected has a lower p99 ({:?}) than unprotected ({:?})", p99.1, p99.0)),
        (
            calls.1 < calls.0,
            format!("protected makes fewer upstream calls ({}) than unprotected ({})", calls.1, calls.0),
        ),
        (healthy.is_at_least(99), format!("99 % are good while healthy ({} of {})", healthy.good, healthy.calls)),
        (circuit == Circuit::Closed, format!("the circuit is closed at the end (it is {})", circuit.as_str())),
        (last.is_at_least(95), format!("95 % are good in the last {LAST:?} ({} of {})", last.good, last.calls)),
    ];
    conditions.into_iter().filter(|(met, _)| !met).map(|(_, condition)| condition).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a latency is far below 2^52 microseconds")]
fn ms(latency: Duration) -> f64 {
    latency.as_micros() as f64 / 1e3
}

/// At most four digits.
fn short_ms(latency: Duration) -> String {
    let ms = ms(latency);
    if ms < 9.95 { format!("{ms:.1}") } else { format!("{ms:.0}") }
}
