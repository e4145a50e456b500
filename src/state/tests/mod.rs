//! Claims about the decisions, one test a sentence.

mod adaptive;
mod attempts;
mod backoff;
mod bucket;
mod budget;
#[cfg(feature = "moka")]
mod cache;
mod calls;
#[cfg(feature = "chaos")]
mod chaos;
mod circuit;
mod degradation;
mod every;
mod flights;
mod hedge;
mod histogram;
mod history;
mod keys;
mod letters;
mod objective;
mod permits;
mod phi;
mod rehearsals;
mod replicas;
mod rules;
mod saga;
mod stripes;
mod tally;
mod throttle;
mod verdict;
mod window;

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::time::Duration;
use std::{hint, thread};

use crate::backoff::Backoff;
use crate::outcome::Outcome;
use crate::state::circuit::Rules;
use crate::state::counts::{Counts, Recorded};
use crate::sync::thread_number;
use crate::time::Nanos;

/// Rules that are all off.
const OFF: Rules = Rules {
    failure_rate: None,
    throttled_rate: None,
    slow_rate: None,
    consecutive: None,
    min_calls: 4,
    probes: 5,
    half_open_for: Nanos(50),
    max_retry_after: Nanos(0),
    open_for: Backoff::constant(Duration::from_nanos(100)),
};

const SUCCESS: Recorded = Recorded::of(Outcome::Success, false);
const FAILURE: Recorded = Recorded::of(Outcome::Failed, false);
const THROTTLED: Recorded = Recorded::of(Outcome::Throttled { retry_after: None }, false);
const SLOW: Recorded = Recorded::of(Outcome::Success, true);
const SLOW_FAILURE: Recorded = Recorded::of(Outcome::Failed, true);

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

/// How many calls there are, and how many of them failed, were throttled, and were slow.
fn count(calls: &[Recorded]) -> [u64; 4] {
    let those = |wanted: fn(&Recorded) -> bool| calls.iter().filter(|call| wanted(call)).count() as u64;
    [calls.len() as u64, those(|call| call.failed), those(|call| call.throttled), those(|call| call.slow)]
}

fn numbers(counts: Counts) -> [u64; 4] {
    [counts.calls, counts.failures, counts.throttled, counts.slow]
}

#[expect(clippy::cast_precision_loss, reason = "the counts are small")]
fn reaches(count: u64, calls: u64, rate: f64) -> bool {
    count as f64 / calls as f64 >= rate
}

/// Held by each test that uses most thread numbers, or that needs a thread with a stripe of its own.
static NUMBERS: Mutex<()> = Mutex::new(());

/// Has so many threads count at once that some share what others have for themselves.
fn crowd(count: impl Fn() + Sync) {
    const THREADS: usize = 100;
    let _numbers = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
    let start = Barrier::new(THREADS);
    let one_of_many = || {
        // Each has its number until it ends.
        thread_number();
        start.wait();
        count();
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(one_of_many)).collect();
        // Joined one by one, because a scope does not wait until they have given their numbers back.
        for thread in threads {
            thread.join().expect("it only counts");
        }
    });
}

struct Bell(Sender<()>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        // Nobody listens any more to the bell of a waiter that went away.
        self.0.send(()).ok();
    }
}

fn bell() -> (Waker, Receiver<()>) {
    let (sender, rung) = channel();
    (Arc::new(Bell(sender)).into(), rung)
}

fn rings(rung: &Receiver<()>) -> usize {
    rung.try_iter().count()
}
