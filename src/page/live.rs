//! The stream of events: one frame a second, made once for all who watch, by the first of them who is polled in that second.
//!
//! No task makes it, so nothing is made when nobody watches. A stream makes or takes a frame only when it is polled, and never keeps
//! one: a client that does not read has what its server has taken for it, and nothing here.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use parking_lot::Mutex;
use tokio::time::{Sleep, sleep_until};

use super::body::PageBody;
use super::frame;
use super::refusal::Refusal;
use super::reply::{self, Reply};
use super::service::{Page, Shared};
use crate::time::{Clock, Nanos};

/// The most streams at a time.
pub(super) const STREAMS: usize = 32;

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

    fn second(&self) -> u64 {
        self.clock.now().0 / Nanos::of(SECOND).0
    }

    /// The frame of this second.
    fn frame(&self, second: u64, make: impl FnOnce() -> Bytes) -> Bytes {
        let mut state = self.state.lock();
        match &state.frame {
            Some((made, frame)) if *made >= second => frame.clone(),
            _ => {
                let frame = make();
                state.frame = Some((second, frame.clone()));
                frame
            }
        }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("streams", &self.state.lock().streams).finish_non_exhaustive()
    }
}

/// A stream's place among those there may be, until it is dropped.
struct Place(Arc<Shared>);

impl Place {
    fn take(page: &Page) -> Result<Self, Refusal> {
        let mut state = page.shared.live.state.lock();
        if state.streams >= STREAMS {
            return Err(Refusal::TooManyStreams);
        }
        state.streams += 1;
        Ok(Self(Arc::clone(&page.shared)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.0.live.state.lock();
        state.streams -= 1;
        if state.streams == 0 {
            state.frame = None;
        }
    }
}

pub(super) struct Stream {
    place: Place,
    /// What is said once, at the beginning.
    greeting: Option<Bytes>,
    next: Pin<Box<Sleep>>,
}

impl Stream {
    /// The next event, when its second has come. Seconds in which it was not polled are left out.
    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        if let Some(greeting) = self.greeting.take() {
            return Poll::Ready(greeting);
        }
        ready!(self.next.as_mut().poll(cx));
        let Shared { registry, gate, live } = &*self.place.0;
        let second = live.second();
        let frame = live.frame(second, || frame::event(registry, gate.shows_keys));
        let next = SECOND.saturating_mul(u32::try_from(second + 1).unwrap_or(u32::MAX));
        self.next.as_mut().reset(live.clock.instant(next.into()));
        Poll::Ready(frame)
    }
}

/// The response to who watches, if there is a place.
pub(super) fn respond(page: &Page, may_steer: bool) -> Result<Reply, Refusal> {
    let greeting = format!("retry: 2000\nevent: hello\ndata: {{\"steer\":{may_steer}}}\n\n");
    let next = Box::pin(sleep_until(crate::time::now()));
    let stream = Stream { place: Place::take(page)?, greeting: Some(greeting.into()), next };
    Ok(reply::of(StatusCode::OK, "text/event-stream", PageBody::stream(stream)))
}
