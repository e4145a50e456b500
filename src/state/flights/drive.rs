//! One call that several callers wait for: who polls it, who sleeps, and who is the last to leave.
//!
//! A caller polls the call only if the call was woken since it was last polled, and nobody else polls it. All others sleep. A wake of
//! the call wakes all who sleep, and the one that is polled first polls the call. So nobody has to hand anything over who leaves. A
//! wake that comes while the call is polled is told when that poll is over. So each wake wakes a caller once at most, and a caller is
//! polled at most once for each wake, once before them, and once after the end. Exact.

use std::collections::BTreeMap;
use std::mem;
use std::task::Waker;

use crate::sync::Mutex;

/// The number of a caller, by the order in which they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

impl Ticket {
    /// That of the caller who began the call.
    pub(crate) const FIRST: Self = Self(0);
}

/// Who polls the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Nobody,
    OneCaller,
    /// It has ended, or all have left.
    Over,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Whether it was woken since it was last polled. A new call is.
    is_due: bool,
    callers: usize,
    came: u64,
    asleep: BTreeMap<Ticket, Waker>,
}

/// What a caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Polls the call, and then says [`pends`](Drive::pends) or [`returned`](Drive::returned).
    Drives,
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

/// Those to wake. They are foreign code: they run under no lock.
#[derive(Debug, Default)]
#[must_use = "who is not woken sleeps on"]
pub(crate) struct Asleep(BTreeMap<Ticket, Waker>);

impl Asleep {
    pub(crate) fn wake(self) {
        self.0.into_values().for_each(Waker::wake);
    }
}

#[derive(Debug)]
pub(crate) struct Drive(Mutex<State>);

impl Drive {
    /// A call that nobody has polled, with the caller who begins it.
    #[inline]
    pub(crate) fn new() -> Self {
        let (phase, asleep) = (Phase::Nobody, BTreeMap::new());
        Self(Mutex::new(State { phase, is_due: true, callers: 1, came: 1, asleep }))
    }

    /// Adds a caller, if at most `max_waiters` wait then beside the one who began it.
    pub(crate) fn join(&self, max_waiters: usize) -> Joined {
        let mut state = self.0.lock();
        match state.phase {
            Phase::Over => Joined::Over,
            _ if state.callers > max_waiters => Joined::Full,
            _ => {
                let ticket = Ticket(state.came);
                state.came += 1;
                state.callers += 1;
                Joined::In(ticket)
            }
        }
    }

    /// Says what a caller does that is polled, and wakes it by `waker` if it sleeps.
    #[inline]
    pub(crate) fn turn(&self, ticket: Ticket, waker: &Waker) -> Turn {
        // Most calls that nobody shares are ready at once, and need no waker.
        let turn = self.0.lock().turn();
        if turn == Turn::Sleeps { self.sleep(ticket, waker) } else { turn }
    }

    #[cold]
    fn sleep(&self, ticket: Ticket, waker: &Waker) -> Turn {
        // A waker is foreign code: it is cloned before the lock, and dropped after it.
        let waker = waker.clone();
        let mut state = self.0.lock();
        let turn = state.turn();
        let before = if turn == Turn::Sleeps { state.asleep.insert(ticket, waker) } else { None };
        drop(state);
        drop(before);
        turn
    }

    /// The call pends. The caller who has polled it sleeps, unless somebody has woken the call meanwhile.
    pub(crate) fn pends(&self, ticket: Ticket, waker: &Waker) -> Asleep {
        let waker = waker.clone();
        let mut state = self.0.lock();
        state.phase = Phase::Nobody;
        // It takes no other's place: who slept when the call was woken was taken out.
        state.asleep.insert(ticket, waker);
        if state.is_due { state.take() } else { Asleep::default() }
    }

    /// The call has returned. Says whether nobody shares it with the caller who has polled it: then it is over. Otherwise the result is
    /// kept for the others, and the call is [ended](Self::end).
    #[must_use]
    #[inline]
    pub(crate) fn returned(&self) -> bool {
        let mut state = self.0.lock();
        let is_alone = state.callers == 1;
        if is_alone {
            state.phase = Phase::Over;
        }
        is_alone
    }

    /// Ends the call: its result is there, or it panicked and there is none.
    pub(crate) fn end(&self) -> Asleep {
        let mut state = self.0.lock();
        state.phase = Phase::Over;
        state.take()
    }

    /// Wakes the call.
    pub(crate) fn wake(&self) -> Asleep {
        let mut state = self.0.lock();
        state.is_due = true;
        if state.phase == Phase::OneCaller { Asleep::default() } else { state.take() }
    }

    /// A caller leaves. Says whether it was the last of a call that is not over, which then is over.
    #[must_use]
    pub(crate) fn leave(&self, ticket: Ticket) -> bool {
        let mut state = self.0.lock();
        state.callers -= 1;
        let waker = state.asleep.remove(&ticket);
        let is_last = state.callers == 0 && state.phase != Phase::Over;
        if is_last {
            state.phase = Phase::Over;
        }
        drop(state);
        drop(waker);
        is_last
    }
}

impl State {
    #[inline]
    fn turn(&mut self) -> Turn {
        match self.phase {
            Phase::Over => Turn::Over,
            Phase::Nobody if self.is_due => {
                (self.phase, self.is_due) = (Phase::OneCaller, false);
                Turn::Drives
            }
            _ => Turn::Sleeps,
        }
    }

    fn take(&mut self) -> Asleep {
        Asleep(mem::take(&mut self.asleep))
    }
}
