//! The origin: what it can do, and when it is down.

use std::io;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How long an answer takes of the origin, which gives one after the other: 100 a second.
const WORK: Duration = Duration::from_millis(10);
/// How much work may wait. More is refused.
const BACKLOG: Duration = Duration::from_secs(1);
/// When it is down, counted from the start. It does not answer then.
pub(crate) const DOWN: Range<Duration> = Duration::from_secs(6)..Duration::from_secs(11);

/// A price, and when the origin gave it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Price {
    pub(crate) at: Instant,
}

/// Gives prices. It works on also for callers who have left.
#[derive(Debug)]
pub(crate) struct Origin {
    start: Instant,
    free_at: Mutex<Instant>,
    calls: AtomicU64,
    /// Whether the caches are being filled, which takes no time.
    pub(crate) is_free: AtomicBool,
}

impl Origin {
    pub(crate) fn new(start: Instant) -> Self {
        Self { start, free_at: Mutex::new(start), calls: AtomicU64::new(0), is_free: AtomicBool::new(true) }
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(crate) async fn ask(&self) -> io::Result<Price> {
        if self.is_free.load(Ordering::Relaxed) {
            return Ok(Price { at: self.start });
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        let now = now();
        if DOWN.contains(&(now - self.start)) {
            std::future::pending::<()>().await;
        }
        let done = self.take_turn(now).ok_or_else(|| io::Error::other("too much to do"))?;
        sleep_until(done).await;
        Ok(Price { at: done })
    }

    /// When a call that comes now is answered, if there is not too much to do before it.
    fn take_turn(&self, now: Instant) -> Option<Instant> {
        let mut free_at = self.free_at.lock().expect("no caller panics under it");
        let begins = now.max(*free_at);
        (begins - now <= BACKLOG).then(|| {
            *free_at = begins + WORK;
            *free_at
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "the example runs on real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
