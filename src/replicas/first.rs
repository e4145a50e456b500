//! What is awaited before calls go to a replica: its service is made, or it takes over.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fmt, mem};

use parking_lot::Mutex;
use rand::RngExt;
use rand::rngs::SmallRng;
use tokio::sync::Mutex as Turn;

use crate::backoff::{Backoff, generator};
use crate::error::{Chain, Error};
use crate::judge::{Judge, Judgement};
use crate::time::Clock;

/// What has begun, boxed, because it is rare.
pub(super) type Begun = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// What begins it.
pub(super) type Step = Arc<dyn Fn() -> Begun + Send + Sync>;

/// What is awaited before calls go to a replica, by all of them together.
pub(super) struct First {
    steps: Vec<Step>,
    /// The number of the last takeover of all replicas, where it is awaited again after another replica took over.
    last: Option<Arc<AtomicU64>>,
    /// The number of its own last one; zero before it was done.
    done: AtomicU64,
    /// The call that has the lock polls for all. Where it leaves, the next one goes on.
    begun: Turn<Option<Begun>>,
    gate: Arc<Gate>,
}

impl First {
    pub(super) fn new(steps: Vec<Step>, last: Option<Arc<AtomicU64>>, gate: Arc<Gate>) -> Self {
        Self { steps, last, done: AtomicU64::new(0), begun: Turn::new(None), gate }
    }

    /// Whether calls may go to the replica.
    #[inline]
    pub(super) fn is_done(&self) -> bool {
        // Acquire pairs with Release in `finish`: the service is there.
        let done = self.done.load(Ordering::Acquire);
        done > 0 && self.last.as_ref().is_none_or(|last| last.load(Ordering::Relaxed) == done)
    }

    fn finish(&self) {
        let number = self.last.as_ref().map_or(1, |last| last.fetch_add(1, Ordering::Relaxed) + 1);
        self.done.store(number, Ordering::Release);
        self.gate.open();
    }

    /// Waits until calls may go to the replica. Fails with the error for the call that was there, and without one for the others.
    pub(super) async fn wait(self: Arc<Self>) -> Result<(), Option<Error>> {
        let mut begun = self.begun.lock().await;
        if self.is_done() {
            return Ok(());
        }
        if self.gate.is_shut() {
            return Err(None);
        }
        let result = poll_fn(|cx| {
            // Taken while it is polled, so that what panics is begun anew.
            let mut running = begun.take().unwrap_or_else(|| self.begin());
            let polled = running.as_mut().poll(cx);
            if polled.is_pending() {
                *begun = Some(running);
            }
            polled
        });
        match result.await {
            Ok(()) => self.finish(),
            Err(error) => {
                self.gate.shut(&error);
                return Err(Some(error));
            }
        }
        Ok(())
    }

    fn begin(&self) -> Begun {
        let steps = self.steps.clone();
        // Boxed, because it outlives the call that began it. It is awaited before the first call of a replica, and not by each.
        Box::pin(async move {
            for step in steps {
                step().await?;
            }
            Ok(())
        })
    }
}

impl fmt::Debug for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("First").field("done", &self.done).finish_non_exhaustive()
    }
}

/// Keeps calls from a replica for a while, because what comes first has failed. It is a judge of the replica.
pub(super) struct Gate {
    clock: Clock,
    backoff: Backoff,
    /// Until when it is shut; zero if it is not.
    until: AtomicU64,
    failures: Mutex<Failures>,
}

struct Failures {
    in_a_row: u32,
    why: String,
    random: SmallRng,
}

impl Gate {
    pub(super) fn new(clock: Clock, backoff: Backoff, seed: Option<u64>) -> Self {
        let failures = Failures { in_a_row: 0, why: String::new(), random: generator(seed) };
        Self { clock, backoff, until: AtomicU64::new(0), failures: Mutex::new(failures) }
    }

    fn is_shut(&self) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        until > 0 && self.clock.now().0 < until
    }

    fn shut(&self, error: &Error) {
        let Failures { in_a_row, why, random } = &mut *self.failures.lock();
        let delay = self.backoff.delay(*in_a_row, |range| random.random_range(range));
        *in_a_row = in_a_row.saturating_add(1);
        *why = Chain(error).to_string();
        self.until.store(self.clock.now().saturating_add(delay).0, Ordering::Relaxed);
    }

    fn open(&self) {
        if self.until.swap(0, Ordering::Relaxed) > 0 {
            let mut failures = self.failures.lock();
            failures.in_a_row = 0;
            drop(mem::take(&mut failures.why));
        }
    }
}

impl Judge for Gate {
    fn judge(&self) -> Judgement {
        if self.is_shut() { Judgement::Unhealthy } else { Judgement::Healthy }
    }

    fn why(&self) -> Option<String> {
        self.is_shut().then(|| self.failures.lock().why.clone())
    }
}
