//! The stream of events: one frame a second, made once for all who watch, by the first of them who is polled in that second.
//!
//! No task makes it, so nothing is made when nobody watches. A stream makes or takes a frame only when it is polled, and never keeps
//! one: a client that does not read has what its server has taken for it, and nothing here.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Sleep, sleep_until};

use super::frame;
use super::refusal::Refusal;
use super::shared::Shared;
use crate::time::now;

/// After what time a stream asks again for a frame that another one makes.
const ASK_AGAIN: Duration = Duration::from_millis(10);

pub(super) struct Stream {
    place: Place,
    /// What is said once, at the beginning.
    greeting: Option<Bytes>,
    /// Boxed once for each stream, so that a body may be moved.
    next: Pin<Box<Sleep>>,
}

/// A stream's place among those there may be, until it is dropped.
struct Place(Arc<Shared>);

impl Place {
    fn take(shared: &Arc<Shared>) -> Result<Self, Refusal> {
        shared.live.enter()?;
        Ok(Self(Arc::clone(shared)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.live.leave();
    }
}

impl Stream {
    /// Begins, if there is a place.
    pub(super) fn begin(shared: &Arc<Shared>, may_steer: bool) -> Result<Self, Refusal> {
        let greeting = format!("retry: 2000\nevent: hello\ndata: {{\"steer\":{may_steer}}}\n\n");
        let next = Box::pin(sleep_until(now()));
        Ok(Self { place: Place::take(shared)?, greeting: Some(greeting.into()), next })
    }

    /// The next event, when its second has come. Seconds in which it was not polled are left out.
    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        if let Some(greeting) = self.greeting.take() {
            return Poll::Ready(greeting);
        }
        let Shared { registry, gate, live } = &*self.place.0;
        loop {
            ready!(self.next.as_mut().poll(cx));
            if let Some((frame, next)) = live.frame(|| frame::event(registry, gate.shows_keys)) {
                self.next.as_mut().reset(next);
                return Poll::Ready(frame);
            }
            self.next.as_mut().reset(now() + ASK_AGAIN);
        }
    }
}
