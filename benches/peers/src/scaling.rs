//! What two threads get done over one, on the same state.

#![expect(clippy::disallowed_methods, reason = "a bench times by the clock of the machine")]

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use tokio::runtime::Runtime;

use crate::measure::{Contender, Paced, runtime};

/// A heat is this part of a round: short, so that the system may well leave both threads alone for so long.
const PART: u32 = 3;

/// How many heats the same threads run.
const HEATS: u32 = 24;

/// How few heats, or rounds of those, say nothing.
const TOO_FEW: usize = 2;

/// The share of a heat that a thread may have waited for a core, or begun after the other.
const MOST_LOST: f64 = 0.05;

/// For each contender, what two threads get done over one: the median of the rounds; none where the two hardly ever had a
/// core each.
pub fn ratios(contenders: &[Paced], rounds: usize) -> Vec<Option<f64>> {
    let mut ratios = vec![Vec::new(); contenders.len()];
    for _ in 0..rounds {
        for (ratios, contender) in ratios.iter_mut().zip(contenders) {
            ratios.extend(ratio(contender));
        }
    }
    ratios.into_iter().map(median).collect()
}

fn ratio(contender: &Paced) -> Option<f64> {
    let one = throughput(contender, 1)?;
    Some(throughput(contender, 2)? / one)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    (values.len() > TOO_FEW).then(|| values[values.len() / 2])
}

/// Calls a second of this many threads together: the median of those heats that they ran side by side.
fn throughput(contender: &Paced, threads: u32) -> Option<f64> {
    let calls = contender.calls.div_ceil(PART);
    let arrivals = &AtomicU32::new(0);
    let runs: Vec<_> = thread::scope(|scope| {
        let twins = (0..threads).map(|_| contender.racer.twin());
        let running: Vec<_> = twins.map(|twin| scope.spawn(move || heats(twin, calls, threads, arrivals))).collect();
        running.into_iter().map(|thread| thread.join().expect("the calls end as intended")).collect()
    });
    let heats = (0..HEATS as usize).filter_map(|heat| together(runs.iter().map(|run| &run[heat])));
    median(heats.map(|took| f64::from(threads * calls) / took.as_secs_f64()).collect())
}

fn heats(mut racer: Contender, calls: u32, threads: u32, arrivals: &AtomicU32) -> Vec<Heat> {
    let runtime = runtime();
    racer.run(&runtime, calls);
    let heat = |heat| {
        arrivals.fetch_add(1, Ordering::AcqRel);
        // Spinning, for waking another thread takes as long as a heat.
        while arrivals.load(Ordering::Acquire) < heat * threads {
            spin_loop();
        }
        Heat::run(&mut racer, &runtime, calls)
    };
    (1..=HEATS).map(heat).collect()
}

/// One thread's part of a heat.
struct Heat {
    began: Instant,
    ended: Instant,
    waited: Duration,
}

impl Heat {
    fn run(racer: &mut Contender, runtime: &Runtime, calls: u32) -> Self {
        let waited = waited_for_a_core();
        let began = Instant::now();
        racer.run(runtime, calls);
        let ended = Instant::now();
        Self { began, ended, waited: waited_for_a_core().saturating_sub(waited) }
    }
}

/// How long the threads took together, if they ran side by side.
fn together<'a>(parts: impl Iterator<Item = &'a Heat> + Clone) -> Option<Duration> {
    let began = parts.clone().map(|part| part.began).min()?;
    let took = parts.clone().map(|part| part.ended).max()? - began;
    let lost = parts.map(|part| part.waited + (part.began - began)).max()?;
    (lost <= took.mul_f64(MOST_LOST)).then_some(took)
}

/// How long this thread has waited for a core so far; nothing where the system does not tell.
fn waited_for_a_core() -> Duration {
    // On Linux: nanoseconds on a core, nanoseconds waiting for one, times given one.
    let schedule = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let waited = schedule.split_whitespace().nth(1).and_then(|nanos| nanos.parse().ok());
    waited.map_or(Duration::ZERO, Duration::from_nanos)
}
