//! What the timeouts around the code that runs now allow.
//!
//! A timeout that has not started is in the frame as a limit. The first reader of the deadline starts the clocks of all enclosing
//! timeouts, so where nobody reads it, no clock is read.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

use super::Deadline;
use crate::time::{self, ReadOnce};

/// What the timeouts around allow. It is copied cell by cell, because a copy of the whole stalls after a narrower write.
#[derive(Clone, Debug)]
struct Frame {
    nearest: Cell<Option<Instant>>,
    /// Whether nobody but the caller ends the call then.
    by_caller: Cell<bool>,
    /// The least limit of the timeouts whose clocks have not started.
    pending: Cell<Option<Duration>>,
    /// When those clocks were started inside this frame.
    started: Cell<Option<Instant>>,
}

thread_local! {
    static FRAME: Frame = const { Frame::open() };
}

impl Frame {
    const fn open() -> Self {
        Self {
            nearest: Cell::new(None),
            by_caller: Cell::new(false),
            pending: Cell::new(None),
            started: Cell::new(None),
        }
    }

    #[inline]
    fn copy_from(&self, other: &Self) {
        self.nearest.set(other.nearest.get());
        self.by_caller.set(other.by_caller.get());
        self.pending.set(other.pending.get());
        self.started.set(other.started.get());
    }

    #[inline]
    fn narrow(&self, Deadline { at, by_caller }: Deadline) {
        if self.nearest.get().is_none_or(|nearest| at < nearest) {
            self.nearest.set(Some(at));
            self.by_caller.set(by_caller);
        }
    }

    /// Narrows the frame by a timeout, or makes it what it was when that timeout's call pended first.
    #[inline]
    fn narrow_by_timeout(&self, limit: Duration, began: Option<Began>) {
        match began {
            Some(Began { bound: Some(bound), .. }) => {
                self.nearest.set(Some(bound.at));
                self.pending.set(None);
            }
            Some(began) => self.narrow(began.own_end(limit)),
            None => self.pending.set(Some(self.pending.get().map_or(limit, |pending| pending.min(limit)))),
        }
        // This timeout ends the call at the caller's deadline too.
        self.by_caller.set(false);
    }
}

/// When the clock of a timeout was started, and what bounds its call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Began {
    pub(crate) at: Instant,
    /// The nearest deadline around the call when it first pended. It stays the same when another caller polls it later.
    bound: Option<Deadline>,
}

impl Began {
    #[inline]
    pub(crate) const fn at(at: Instant) -> Self {
        Self { at, bound: None }
    }

    /// Bounds the call by what is around now, if nothing has bounded it yet. Returns when the timeout ends the call: at its limit, or
    /// at a nearer deadline of the caller's.
    #[inline]
    pub(crate) fn end(&mut self, limit: Duration, clock: &mut ReadOnce) -> Deadline {
        let own = self.own_end(limit);
        let bound =
            self.bound.get_or_insert_with(|| nearest(clock).filter(|around| around.at <= own.at).unwrap_or(own));
        if bound.by_caller { *bound } else { own }
    }

    #[inline]
    fn own_end(self, limit: Duration) -> Deadline {
        Deadline { at: time::after(self.at, limit), by_caller: false }
    }
}

/// Starts the clocks of the timeouts around that have not started.
#[cold]
#[inline(never)]
fn start_clocks(now: Instant) {
    FRAME.with(|frame| {
        if let Some(limit) = frame.pending.take() {
            frame.narrow(Deadline { at: time::after(now, limit), by_caller: false });
            frame.started.set(Some(now));
        }
    });
}

/// Narrows the frame, and restores the one around when it is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Scope {
    around: Frame,
}

impl Scope {
    /// Enters the scope of a deadline. The timeouts around stay what they are.
    pub(crate) fn of_deadline(deadline: Deadline) -> Self {
        Self::enter(|frame| frame.narrow(deadline))
    }

    /// Enters a scope that no timeout and no deadline is around; `None` where there is none anyway.
    #[inline]
    pub(super) fn open() -> Option<Self> {
        let is_open = FRAME.with(|frame| frame.nearest.get().is_none() && frame.pending.get().is_none());
        if is_open { None } else { Some(Self::enter(|frame| frame.copy_from(&Frame::open()))) }
    }

    fn enter(narrow: impl FnOnce(&Frame)) -> Self {
        let around = FRAME.with(Frame::clone);
        let frame = Frame { started: Cell::new(None), ..around.clone() };
        narrow(&frame);
        FRAME.with(|current| current.copy_from(&frame));
        Self { around }
    }
}

impl Drop for Scope {
    #[inline]
    fn drop(&mut self) {
        let started = FRAME.with(|frame| frame.started.get());
        FRAME.with(|frame| frame.copy_from(&self.around));
        // The clocks of the timeouts around were started too.
        if let Some(now) = started {
            start_clocks(now);
        }
    }
}

/// Runs a part of a call with the limit of a timeout around it. `began` says when that timeout's clock was started, and the part
/// starts it if it asks for the deadline.
#[inline(always)]
pub(crate) fn within<T>(limit: Duration, began: &mut Option<Began>, part: impl FnOnce() -> T) -> T {
    let _scope = Scope::enter(|frame| frame.narrow_by_timeout(limit, *began));
    let result = part();
    if let Some(now) = FRAME.with(|frame| frame.started.get()) {
        began.get_or_insert(Began::at(now));
    }
    result
}

/// The nearest deadline around. Starts the clocks that have not started.
#[inline]
pub(crate) fn nearest(clock: &mut ReadOnce) -> Option<Deadline> {
    FRAME.with(|frame| {
        if frame.pending.get().is_some() {
            start_clocks(clock.now());
        }
        frame.nearest.get().map(|at| Deadline { at, by_caller: frame.by_caller.get() })
    })
}
