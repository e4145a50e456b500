//! Those who wait until a call would pass.
//!
//! They are kept under the lock, because a call passes sooner only by what happens under it: a transition, a place that a probe
//! gives back, or a probe that begins to stream. Who sees under the lock that calls are refused is among those that the next such
//! change wakes. That time passes wakes nobody: who waits is told until when to wait.

use std::mem;
use std::task::Waker;

use crate::state::circuit::locked::Seat;
use crate::state::circuit::{Circuit, Phase};
use crate::sync::Ordering;
use crate::time::{Nanos, Now};

impl Circuit {
    /// Until when a call would be refused, or `None` if it would pass now; [`Nanos::MAX`] where time alone changes nothing.
    ///
    /// Where it would be refused, `waker` waits in `seat`, and is woken by who [takes](Self::take_waiting) it.
    pub(crate) fn refuses_until(&self, seat: &mut Option<Seat>, waker: &Waker, clock: impl Now) -> Option<Nanos> {
        if self.enter_closed().is_some() {
            return None;
        }
        let now = clock.now();
        // A waker is foreign code: it is cloned and dropped outside the lock.
        let waker = waker.clone();
        let mut locked = self.locked.lock();
        self.refusal_by(self.word(), now)?;
        let seat = *seat.get_or_insert_with(|| locked.seat());
        let before = locked.waiting.insert(seat, waker);
        let until = match self.phase() {
            Phase::Open => self.open_until(),
            Phase::HalfOpen => self.half_open_until(),
            _ => Nanos::MAX,
        };
        drop(locked);
        drop(before);
        Some(until)
    }

    /// When time alone may let another probe through.
    fn half_open_until(&self) -> Nanos {
        // Acquire pairs with Release in `start_over` and in `note_streaming`.
        let (over_at, streaming_at) = (&self.over_at, &self.streaming_at);
        Nanos(over_at.load(Ordering::Acquire).min(streaming_at.load(Ordering::Acquire)))
    }

    /// Takes those who wait, because a call may pass now.
    #[must_use = "who is not woken sleeps on"]
    pub(crate) fn take_waiting(&self) -> impl Iterator<Item = Waker> + use<> {
        mem::take(&mut self.locked.lock().waiting).into_values()
    }

    /// Leaves a seat, if somebody still waits in it.
    pub(crate) fn leave_seat(&self, seat: Seat) {
        let waker = self.locked.lock().waiting.remove(&seat);
        drop(waker);
    }
}
