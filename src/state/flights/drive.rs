//! One call that several callers may wait for: who polls it, and who sleeps.
//!
//! As long as one caller is alone with the call, it polls the call whenever it is polled itself, and the call wakes it by its own waker.
//! Once another has come, the call wakes all by a [bell](Bell). A caller then polls the call only if it was woken since it was last
//! polled, and nobody else polls it. All others sleep. The one that is polled first after a wake polls the call, so nobody has to hand
//! anything over who leaves. A caller who shares a call is polled at most once for each wake, once before them, and once after the end.
//! Exact.

use std::mem;
use std::sync::Arc; // a waker is made of the standard library's
use std::task::Waker;

use super::bell::{Asleep, Bell};
use super::ticket::Ticket;
use crate::sync::Mutex;

#[derive(Debug)]
struct State<C> {
    /// `None` while a caller polls it, and when it is over.
    call: Option<C>,
    is_over: bool,
    callers: usize,
    next: Ticket,
    /// By which the caller who began the call sleeps, while it is alone.
    alone: Option<Waker>,
    /// Where callers sleep, once another has come.
    bell: Option<Arc<Bell>>,
}

/// What a caller does next.
#[derive(Debug)]
pub(crate) enum Turn<C> {
    /// Polls the call with this waker, or else with its own, and then says [`pends`](Drive::pends), or [`end`](Drive::end) where others
    /// may have the call too.
    Drives(C, Option<Waker>),
    Sleeps,
    /// Looks for the result. If there is none, the call panicked.
    Over,
}

/// Whether a caller may share the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    In(Ticket),
    /// As many wait beside the one who began it as may.
    Full,
    /// It is over: another call begins.
    Over,
}

#[derive(Debug)]
pub(crate) struct Drive<C>(Mutex<State<C>>);

impl<C> Drive<C> {
    /// A call that nobody has polled, with the caller who begins it.
    #[inline]
    pub(crate) fn new(call: C) -> Self {
        Self(Mutex::new(State {
            call: Some(call),
            is_over: false,
            callers: 1,
            next: Ticket::FIRST.next(),
            alone: None,
            bell: None,
        }))
    }

    /// Adds a caller, if at most `max_waiters` wait then beside the one who began it.
    pub(crate) fn join(&self, max_waiters: usize) -> Joined {
        let state = &mut *self.0.lock();
        if state.is_over {
            return Joined::Over;
        }
        if state.callers > max_waiters {
            return Joined::Full;
        }
        state.bell.get_or_insert_with(|| Arc::new(Bell::new(state.alone.take())));
        let ticket = state.next;
        state.next = ticket.next();
        state.callers += 1;
        Joined::In(ticket)
    }

    /// Says what a caller does that is polled, and wakes it by `waker` if it sleeps.
    #[inline]
    pub(crate) fn turn(&self, ticket: Ticket, waker: &Waker) -> Turn<C> {
        // Most calls that nobody shares are ready at once, and need no waker.
        let turn = self.0.lock().turn();
        if let Turn::Sleeps = turn { self.sleep(ticket, waker) } else { turn }
    }

    #[cold]
    fn sleep(&self, ticket: Ticket, waker: &Waker) -> Turn<C> {
        // A waker is foreign code: it is cloned before the lock, and dropped after it.
        let mut waker = Some(waker.clone());
        let mut state = self.0.lock();
        let turn = state.turn();
        if let Turn::Sleeps = turn {
            state.put(ticket, &mut waker);
        }
        turn
    }

    /// The call pends, and the caller who has polled it sleeps. `None` if others have come while the call was polled with that caller's
    /// own waker: the call does not know how to wake them, so the caller takes another [turn](Self::turn).
    #[must_use]
    pub(crate) fn pends(&self, call: C, ticket: Ticket, waker: &Waker) -> Option<Asleep> {
        // As above.
        let mut waker = Some(waker.clone());
        let mut state = self.0.lock();
        state.call = Some(call);
        if let Some(bell) = &state.bell {
            return bell.pends(ticket, &mut waker);
        }
        mem::swap(&mut state.alone, &mut waker);
        Some(Asleep::default())
    }

    /// Ends the call: its result is there, or it panicked and there is none.
    pub(crate) fn end(&self) -> Asleep {
        let mut state = self.0.lock();
        state.is_over = true;
        state.bell.as_ref().map(|bell| bell.take()).unwrap_or_default()
    }

    /// A caller leaves. Says whether it was the last of a call that is not over, which then is over.
    #[must_use]
    pub(crate) fn leave(&self, ticket: Ticket) -> bool {
        let mut state = self.0.lock();
        state.callers -= 1;
        let is_last = state.callers == 0 && !state.is_over;
        state.is_over |= is_last;
        let waker = match &state.bell {
            Some(bell) => bell.remove(ticket),
            None => state.alone.take(),
        };
        drop(state);
        drop(waker);
        is_last
    }
}

impl<C> State<C> {
    #[inline]
    fn turn(&mut self) -> Turn<C> {
        if self.is_over {
            return Turn::Over;
        }
        // Who is alone polls the call whenever it likes.
        match self.call.take_if(|_| self.bell.as_ref().is_none_or(|bell| bell.is_answered())) {
            Some(call) => Turn::Drives(call, self.bell.clone().map(Waker::from)),
            None => Turn::Sleeps,
        }
    }

    /// A caller sleeps. Gives the waker that it had for the one that it has now.
    fn put(&mut self, ticket: Ticket, waker: &mut Option<Waker>) {
        match &self.bell {
            Some(bell) => bell.put(ticket, waker),
            None => mem::swap(&mut self.alone, waker),
        }
    }
}
