//! The time that is left of a call.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::task::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::call::{End, Plain};
use crate::context::{Began, Deadline, cut, expire, within};
use crate::error::{By, Elapsed, Error};
use crate::event::Event;
use crate::registry::Row;
use crate::time::ReadOnce;
use crate::{event, time};

/// Counts down what a limit leaves of a call.
///
/// An [`End`] takes it with the response, as the guard of the call. [`Plain`] drops it: the limit is over with the response. An end
/// of your own may keep it with the response: [`run`](Self::run) each part of the call in it, and when that pends, ask
/// [`poll_over`](Self::poll_over) whether the time is over.
#[derive(Clone, Copy, Debug)]
pub struct Countdown {
    pub(super) row: &'static Row,
    limit: Duration,
    /// When the clock was started, and what was around. That is not done before it is needed.
    began: Option<Began>,
}

impl Countdown {
    pub(super) const fn new(row: &'static Row, limit: Duration) -> Self {
        Self { row, limit, began: None }
    }

    /// Runs the call, or a part of it, with the limit around it. The clock starts if that asks for the deadline.
    #[inline(always)]
    pub fn run<T>(&mut self, part: impl FnOnce() -> T) -> T {
        within(self.limit, &mut self.began, part)
    }

    /// When the clock was started, and when the time is over. Starts the clock if it has not started.
    #[inline]
    fn span(&mut self) -> (Instant, Deadline) {
        let mut clock = ReadOnce::default();
        let began = self.began.get_or_insert_with(|| Began::at(clock.now()));
        (began.at, began.end(self.limit, &mut clock))
    }

    /// When the time is over: at the limit, or at a nearer deadline that the caller had when the call began.
    ///
    /// Starts the clock if it has not started.
    pub fn deadline(&mut self) -> Deadline {
        Deadline::at(self.span().1.at)
    }

    /// Waits for the time to be over, then drops the call by `drop_call` and returns the error of its caller.
    ///
    /// Starts the clock if it has not started. `sleep` is empty at first, and belongs to this countdown alone. What `drop_call`
    /// drops knows that a limit ran out: a circuit's guard counts it.
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
        let (start, Deadline { at: end, by_caller }) = self.span();
        if end > start {
            ready!(poll_until(end, sleep, cx));
        }
        let by = if by_caller {
            cut(drop_call);
            By::Caller
        } else {
            expire(self.limit, drop_call);
            By::Limit
        };
        Poll::Ready(ended(self.row, end.saturating_duration_since(start), start, by))
    }
}

/// Counts and tells that a call was ended, and returns the error of its caller.
pub(super) fn ended(row: &'static Row, limit: Duration, start: Instant, by: By) -> Error {
    let elapsed = Elapsed::new(limit, time::now() - start, by);
    row.count(by as usize);
    event::tell_often(|| (row.source, Event::TimedOut(&elapsed)));
    Error::TimedOut(elapsed)
}

/// Waits until `end`. A timer that was set for an earlier moment is set again when that has come.
pub(super) fn poll_until(end: Instant, mut sleep: Pin<&mut Option<Sleep>>, cx: &mut Context<'_>) -> Poll<()> {
    if sleep.is_none() {
        sleep.set(Some(sleep_until(end)));
    }
    let mut sleep = sleep.as_pin_mut().expect("it was just set");
    loop {
        // The call may have used up the task's budget of operations, each time: that must not stop this clock.
        ready!(pin!(unconstrained(sleep.as_mut())).poll(cx));
        if sleep.deadline() >= end {
            return Poll::Ready(());
        }
        sleep.as_mut().reset(end);
    }
}

impl<Response, C> End<Countdown, Response> for Plain<C> {
    type Response = Response;

    fn answered(self, _: Countdown, response: Response) -> Response {
        response
    }

    fn failed(self, _: Countdown, _: &Error) {}
}
