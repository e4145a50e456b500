//! The guard of one call.

use std::mem;

use super::breaker::Core;
use crate::cached_arc::CachedArc;
use crate::call::{Guard, Hold};
use crate::error::Rejection;
use crate::outcome::Outcome;
use crate::state::circuit::{Entry, Exit, Refusal};

/// Holds the place of one call in a circuit, until it is settled or dropped.
///
/// Every path out of a call goes through its guard. A guard that is dropped unsettled is *abandoned*: its call counts as neither
/// success nor failure and gives its place back. There are three exceptions:
///
/// - a call that the own limit of a [`TimeoutLayer`](crate::TimeoutLayer) cuts short is a failure; where slow calls are counted, it
///   is one only if it was in flight for longer than `slow_after`, and abandoned otherwise;
/// - a call whose service panicked is a failure;
/// - a probe whose response streams is a success from half of `half_open_for` after it was let through, however it ends later.
///
/// # Examples
///
/// Code that is no `Service` can share a circuit with services that are:
///
/// ```
/// use palisade::{CircuitBreakerLayer, Rejection};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # fn query() -> Result<u32, std::io::Error> { Ok(1) }
/// let circuit = CircuitBreakerLayer::builder("database").build()?.handle();
///
/// let call = circuit.try_enter()?;
/// let rows = query();
/// match &rows {
///     Ok(_) => call.success(),
///     Err(_) => call.failure(),
/// }
/// # assert_eq!(circuit.snapshot().counts.calls, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a guard that is dropped abandons its call"]
pub struct CircuitGuard {
    /// It is empty once the call is settled.
    core: CachedArc<Core>,
    entry: Entry,
    /// Flags in a whole word, because to read a field together with its neighbours stalls after a narrower write.
    state: u64,
}

/// The inner service is running. A guard that is dropped so is dropped by its panic.
const RUNNING: u64 = 1;

/// The call is a probe whose response is still streaming; after a while it counts as a success.
const STREAMING: u64 = 2;

impl CircuitGuard {
    /// Takes a place for a call.
    #[inline(always)]
    pub(super) fn enter(core: &CachedArc<Core>) -> Result<Self, Rejection> {
        match core.admit() {
            Ok(entry) => Ok(Self::of(core, entry)),
            Err(refusal) => Err(core.refuse(refusal)),
        }
    }

    /// Takes a place for a readiness error, which counts without a call. If no place is free, that is no rejection.
    pub(super) fn enter_unready(core: &CachedArc<Core>) -> Option<Self> {
        core.admit().ok().map(|entry| Self::of(core, entry))
    }

    /// Holds the place that was taken.
    #[inline(always)]
    fn of(core: &CachedArc<Core>, entry: Entry) -> Self {
        Self { core: core.clone(), entry, state: 0 }
    }

    /// Settles the call by what its result means.
    #[inline(always)]
    pub fn settle(mut self, outcome: Outcome) {
        let (core, entry, state) = (self.core.take(), self.entry, self.state);
        // Forgetting the empty guard lets the compiler keep it in registers.
        mem::forget(self);
        match core {
            Some(core) if unmark(&core, entry, state) => core.settle(entry, outcome),
            _ => {}
        }
    }

    /// Settles the call as a success.
    pub fn success(self) {
        self.settle(Outcome::Success);
    }

    /// Settles the call as a failure.
    pub fn failure(self) {
        self.settle(Outcome::Failed);
    }
}

impl Guard for CircuitGuard {
    /// It counts, and frees nothing that the next call takes.
    const OUTLIVES_CALL: bool = false;

    #[inline(always)]
    fn runs(&mut self) {
        self.state |= RUNNING;
    }

    #[inline(always)]
    fn ran(&mut self, _: bool) {
        self.state &= !RUNNING;
    }

    fn head(&mut self, _: Outcome, is_final: bool) -> Hold {
        if is_final {
            return Hold::No;
        }
        if self.core.mark_streaming(self.entry) {
            self.state |= STREAMING;
        }
        Hold::ToTheEnd
    }

    fn streams(&mut self, is_whole: bool) -> Hold {
        let is_due = self.state & STREAMING != 0 && self.core.is_stream_due(self.entry);
        if is_whole || is_due { Hold::No } else { Hold::ToTheEnd }
    }

    #[inline(always)]
    fn settle(self, outcome: Outcome) {
        self.settle(outcome);
    }

    fn refuse(mut self) -> Option<Rejection> {
        let core = self.core.take().expect("a guard is settled once");
        core.exit(self.entry, Exit::Abandoned);
        Some(core.refuse(Refusal::NOT_READY))
    }
}

impl Drop for CircuitGuard {
    #[inline(always)]
    fn drop(&mut self) {
        let (entry, state) = (self.entry, self.state);
        match self.core.take() {
            Some(core) if unmark(&core, entry, state) => core.settle_dropped(entry, state & RUNNING != 0),
            _ => {}
        }
    }
}

/// Removes the mark of a streaming probe, if the call has one. Returns whether the call is still to be counted.
#[inline(always)]
fn unmark(core: &Core, entry: Entry, state: u64) -> bool {
    state & STREAMING == 0 || core.unmark(entry)
}
