//! The time that a response may pause.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::countdown::{Countdown, ended, poll_until};
use crate::context::expire;
use crate::error::{By, Error};
use crate::registry::Row;
use crate::time;

/// Counts how long a response that streams is waited for between two of its parts.
///
/// [`Countdown::pause`] makes one. An [`End`](crate::call::End) of your own may keep it with the response:
/// when that pends, ask [`poll_over`](Self::poll_over) whether the pause is too long. When a part has come, call
/// [`ends`](Self::ends).
#[derive(Clone, Copy, Debug)]
pub struct Pause {
    row: &'static Row,
    limit: Duration,
    /// When the response first pended since its last part.
    since: Option<Instant>,
}

impl Countdown {
    /// Counts the pauses of the response of this call. Each may take as long as `limit`.
    pub const fn pause(&self, limit: Duration) -> Pause {
        Pause { row: self.row, limit, since: None }
    }
}

impl Pause {
    /// Ends the pause, because a part of the response has come.
    pub fn ends(&mut self) {
        self.since = None;
    }

    /// Waits for the pause to be too long, then drops the call by `drop_call` and returns the error of its caller.
    ///
    /// The pause starts when this is first called after the last part. `sleep` is empty at first, and belongs to this pause alone:
    /// keep it from one pause to the next, because its timer is set again only when it has fired too early. What `drop_call` drops
    /// knows that a limit ran out: a circuit's guard counts it.
    ///
    /// # Panics
    ///
    /// When it has to wait outside a tokio runtime with a timer.
    #[inline(never)]
    pub fn poll_over(
        &mut self,
        sleep: Pin<&mut Option<Sleep>>,
        cx: &mut Context<'_>,
        drop_call: impl FnOnce(),
    ) -> Poll<Error> {
        let since = *self.since.get_or_insert_with(time::now);
        let end = time::after(since, self.limit);
        if end > since {
            ready!(poll_until(end, sleep, cx));
        }
        expire(self.limit, drop_call);
        Poll::Ready(ended(self.row, self.limit, since, By::Pause))
    }
}
