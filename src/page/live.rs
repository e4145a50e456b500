//! What the streams share: their places, and the frame of this second.

use std::fmt;
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
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    streams: usize,
    /// The last frame, and its second since the page was made.
    frame: Option<(u64, Bytes)>,
}

impl Live {
    pub(super) fn new() -> Self {
        Self { clock: Clock::start(), state: Mutex::default() }
    }

    /// Takes a place for a stream, if there is one.
    pub(super) fn enter(&self) -> Result<(), Refusal> {
        let mut state = self.state.lock();
        if state.streams >= STREAMS {
            return Err(Refusal::TooManyStreams);
        }
        state.streams += 1;
        Ok(())
    }

    /// Gives a place back. Nothing is kept for nobody.
    pub(super) fn leave(&self) {
        let mut state = self.state.lock();
        state.streams -= 1;
        if state.streams == 0 {
            state.frame = None;
        }
    }

    /// The frame of this second, which the first one makes who asks for it, and when the next one may be asked for.
    pub(super) fn frame(&self, make: impl FnOnce() -> Bytes) -> (Bytes, Instant) {
        let second = self.clock.now().0 / Nanos::of(SECOND).0;
        let next = self.clock.instant(Nanos(second.saturating_add(1).saturating_mul(Nanos::of(SECOND).0)));
        let mut state = self.state.lock();
        let known = state.frame.take().filter(|(of, _)| *of >= second);
        let (_, frame) = state.frame.insert(known.unwrap_or_else(|| (second, make())));
        (frame.clone(), next)
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("streams", &self.state.lock().streams).finish_non_exhaustive()
    }
}
