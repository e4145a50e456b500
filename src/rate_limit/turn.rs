//! The wait for a turn.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep_until};

use super::guard::RateLimitGuard;
use super::meter::Core;
use crate::cached_arc::CachedArc;
use crate::context::Deadline;
use crate::error::Rejection;
use crate::state::bucket;
use crate::time::Nanos;

/// The longest wait for a turn.
#[derive(Clone, Copy, Debug)]
pub struct MaxWait(pub(super) Nanos);

pin_project! {
    /// Waits for its turn, which it reserves when it is first polled.
    ///
    /// # Cancellation
    ///
    /// Dropped while it waits, it gives its turn back if no other was reserved after it.
    ///
    /// # Panics
    ///
    /// When it has to wait outside a tokio runtime with a timer.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Turn {
        reserved: Reserved,
        calls: u32,
        max_wait: MaxWait,
        #[pin]
        sleep: Option<Sleep>,
    }
}

impl Turn {
    pub(super) fn new(core: &CachedArc<Core>, calls: u32, max_wait: MaxWait) -> Self {
        let reserved = Reserved { core: core.clone(), turn: None };
        Self { reserved, calls, max_wait, sleep: None }
    }
}

impl Future for Turn {
    type Output = Result<RateLimitGuard, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let reserved = this.reserved;
        let now = reserved.core.clock.now();
        let turn = match reserved.turn {
            Some(turn) => turn,
            None => reserve(&reserved.core, *this.calls, now, *this.max_wait)?,
        };
        if turn.due > now {
            reserved.wait(turn);
            if this.sleep.is_none() {
                this.sleep.set(Some(sleep_until(reserved.core.clock.instant(turn.due))));
            }
            if let Some(sleep) = this.sleep.as_pin_mut() {
                ready!(sleep.poll(cx));
            }
        }
        reserved.keep();
        reserved.core.row.count(bucket::ADMITTED);
        Poll::Ready(Ok(RateLimitGuard::of(&reserved.core)))
    }
}

/// Reserves a turn, unless it would come too late.
fn reserve(core: &Core, calls: u32, now: Nanos, max_wait: MaxWait) -> Result<bucket::Turn, Rejection> {
    let at_once = core.bucket.take(calls, now, now);
    let turn = match at_once {
        // A deadline is asked for only by a call that must wait.
        Err(Some(_)) if max_wait.0 > Nanos(0) => core.bucket.take(calls, now, latest(core, now, max_wait)),
        at_once => at_once,
    };
    turn.map_err(|retry_after| core.refuse(retry_after))
}

/// The last moment for a turn: the end of the longest wait, but before the deadline.
fn latest(core: &Core, now: Nanos, max_wait: MaxWait) -> Nanos {
    let end = now.saturating_add(max_wait.0);
    let deadline = Deadline::current().map(|deadline| core.clock.at(deadline.instant()));
    deadline.map_or(end, |deadline| end.min(deadline.saturating_sub(Nanos(1))))
}

/// The turn of a call that waits. Dropped, it goes back.
#[derive(Debug)]
struct Reserved {
    core: CachedArc<Core>,
    turn: Option<bucket::Turn>,
}

impl Reserved {
    /// Notes that the call waits for its turn.
    fn wait(&mut self, turn: bucket::Turn) {
        if self.turn.replace(turn).is_none() {
            self.core.bucket.count_waiting(true);
        }
    }

    /// Its turn has come, and the call keeps it.
    fn keep(&mut self) -> Option<bucket::Turn> {
        let turn = self.turn.take();
        if turn.is_some() {
            self.core.bucket.count_waiting(false);
        }
        turn
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if let Some(turn) = self.keep() {
            self.core.bucket.give_back(turn);
        }
    }
}
