//! Claims about the decisions, one test a sentence.

mod attempts;
mod backoff;
mod budget;
mod circuit;
mod every;
mod keys;
mod permits;
mod rules;
mod stripes;
mod window;

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use std::{hint, thread};

use crate::backoff::Backoff;
use crate::outcome::Outcome;
use crate::state::circuit::Rules;
use crate::state::counts::Recorded;
use crate::time::Nanos;

/// Rules that are all off.
const OFF: Rules = Rules {
    failure_rate: None,
    slow_rate: None,
    consecutive: None,
    min_calls: 4,
    probes: 5,
    half_open_for: Nanos(50),
    max_retry_after: Nanos(0),
    open_for: Backoff::constant(Duration::from_nanos(100)),
};

const SUCCESS: Recorded = Recorded { outcome: Outcome::Success, slow: false };
const FAILURE: Recorded = Recorded { outcome: Outcome::Failed, slow: false };
const THROTTLED: Recorded = Recorded { outcome: Outcome::Throttled { retry_after: None }, slow: false };
const SLOW: Recorded = Recorded { outcome: Outcome::Success, slow: true };
const SLOW_FAILURE: Recorded = Recorded { outcome: Outcome::Failed, slow: true };

/// Calls `round` with each number below `rounds` on two threads at the same time.
fn together(rounds: usize, round: impl Fn(usize) + Sync) {
    let arrived = AtomicUsize::new(0);
    let run = || {
        for number in 0..rounds {
            arrived.fetch_add(1, SeqCst);
            let mut spins = 0;
            while arrived.load(SeqCst) < 2 * (number + 1) {
                // Spinning lets both go at the same moment; yielding ends the wait for a thread that has no processor.
                spins += 1;
                if spins % 1_000 == 0 { thread::yield_now() } else { hint::spin_loop() }
            }
            round(number);
        }
    };
    thread::scope(|scope| {
        scope.spawn(run);
        run();
    });
}

fn count(calls: &[Recorded]) -> [u64; 3] {
    let those = |wanted: fn(&Recorded) -> bool| calls.iter().filter(|call| wanted(call)).count() as u64;
    [calls.len() as u64, those(|call| call.outcome != Outcome::Success), those(|call| call.slow)]
}

#[expect(clippy::cast_precision_loss, reason = "the counts are small")]
fn reaches(count: u64, calls: u64, rate: f64) -> bool {
    count as f64 / calls as f64 >= rate
}
