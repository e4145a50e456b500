//! The time that is left of a call.

use std::{
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    task::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

use crate::{
    deadline::{self, Frame},
    error::{Elapsed, Error},
    event::{self, Event},
    name::Name,
    source::{Kind, Source},
    time,
};

/// Counts down what a limit leaves of a call.
#[derive(Clone, Copy, Debug)]
pub struct Countdown {
    limit: Duration,
    /// When the limit is over; the clock is not started before it is needed.
    ends: Option<Instant>,
    name: Name,
}

impl Countdown {
    /// `asked` tells when the clock was started, if it was.
    #[inline(always)]
    pub(super) fn begun(name: Name, limit: Duration, asked: Option<Instant>) -> Self {
        Self { limit, ends: asked.map(|started| time::after(started, limit)), name }
    }

    /// The frame for what is below.
    #[inline(always)]
    pub(crate) fn frame(&self) -> Frame {
        Frame::around().within(self.limit, self.ends)
    }

    /// When it ends; the clock starts if it has not started when somebody `asked`.
    pub(crate) fn end(&mut self, asked: Option<Instant>) -> Instant {
        *self.ends.get_or_insert_with(|| time::after(asked.unwrap_or_else(time::now), self.limit))
    }

    /// Waits for the time to be over, then drops the call.
    #[inline(never)]
    pub(crate) fn poll_over(
        &mut self,
        mut sleep: Pin<&mut Option<Sleep>>,
        cx: &mut Context<'_>,
        asked: Option<Instant>,
        drop_call: impl FnOnce(),
    ) -> Poll<Error> {
        let began_before = self.ends.is_some();
        let own = self.end(asked);
        let started = time::before(own, self.limit);
        // A call that began before may have come under other timeouts since: their clocks start now.
        let around = deadline::nearest(|| if began_before { time::now() } else { started });
        let around = around.filter(|around| around.at <= own);
        if around.is_some_and(|around| around.enforced) {
            // Whoever enforces it drops this call; a second timer would be idle.
            return Poll::Pending;
        }
        let end = around.map_or(own, |around| around.at);
        if end > started {
            match sleep.as_mut().as_pin_mut() {
                None => sleep.set(Some(sleep_until(end))),
                Some(sleep) if sleep.deadline() != end => sleep.reset(end),
                Some(_) => {}
            }
            if let Some(sleep) = sleep.as_pin_mut() {
                // The call may have used up the task's budget of operations, each time: that must not stop this clock.
                ready!(pin!(unconstrained(sleep)).poll(cx));
            }
        }
        match around {
            // The caller's own deadline: what is dropped is abandoned, not slow.
            Some(_) => drop_call(),
            None => deadline::expire(drop_call),
        }
        let elapsed = Elapsed::new(end.saturating_duration_since(started), time::now() - started, around.is_some());
        event::tell_often(|| (Source::new(Kind::Timeout, self.name), Event::TimedOut(&elapsed)));
        Poll::Ready(Error::TimedOut(elapsed))
    }
}
