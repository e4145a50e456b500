//! What the streams share: their places, and the frame of this second.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering}; // no model checks it
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::refusal::Refusal;
use crate::time::{Clock, Nanos};

/// The most streams at a time.
const STREAMS: usize = 32;

const SECOND: Duration = Duration::from_secs(1);

pub(super) struct Live {
    clock: Clock,
    streams: AtomicUsize,
    /// The last frame, and its second since the page was made. Making one asks the user's judges, which may block: nobody waits for
    /// this lock.
    frame: Mutex<Option<(u64, Bytes)>>,
}

impl Live {
    pub(super) fn new() -> Self {
        Self { clock: Clock::start(), streams: AtomicUsize::new(0), frame: Mutex::default() }
    }

    /// Takes a place for a stream, if there is one.
    pub(super) fn enter(&self) -> Result<(), Refusal> {
        let more = |streams| (streams < STREAMS).then_some(streams + 1);
        let entered = self.streams.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        entered.map_or(Err(Refusal::TooManyStreams), |_| Ok(()))
    }

    /// Gives a place back. Nothing is kept for nobody.
    pub(super) fn leave(&self) {
        if self.streams.fetch_sub(1, Ordering::Relaxed) == 1 {
            // Who makes a frame just now has come since.
            if let Some(mut frame) = self.frame.try_lock() {
                *frame = None;
            }
        }
    }

    /// The frame of this second, which the first one makes who asks for it, and when the next one may be asked for. Nothing while
    /// another makes it.
    pub(super) fn frame(&self, make: impl FnOnce() -> Bytes) -> Option<(Bytes, Instant)> {
        let second = self.clock.now().0 / Nanos::of(SECOND).0;
        let next = self.clock.instant(Nanos(second.saturating_add(1).saturating_mul(Nanos::of(SECOND).0)));
        let mut last = self.frame.try_lock()?;
        let known = last.take().filter(|(of, _)| *of >= second);
        let (_, frame) = last.insert(known.unwrap_or_else(|| (second, make())));
        Some((frame.clone(), next))
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let streams = self.streams.load(Ordering::Relaxed);
        f.debug_struct("Live").field("streams", &streams).finish_non_exhaustive()
    }
}
