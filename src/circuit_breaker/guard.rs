//! The guard of one call.

use std::mem;

use super::breaker::Breaker;
use crate::{
    error::Rejection,
    outcome::Outcome,
    pooled::Pooled,
    state::circuit::{Entry, Exit, Refusal},
    time::Nanos,
};

/// Holds the place of one call in a circuit, until it is settled or dropped.
///
/// Every path out of a call goes through its guard. What is dropped unsettled is *abandoned*: it counts as neither success
/// nor failure and gives its place back. There are two exceptions: a call cut short by a
/// [`TimeoutLayer`](crate::TimeoutLayer)'s own limit is a failure (where slow calls are counted, it is one if it was in flight
/// for longer than `slow_after`, and abandoned otherwise), and so is a call whose service panicked.
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
    /// Taken when the call is settled.
    breaker: Pooled<Breaker>,
    entry: Entry,
    state: State,
}

/// As wide as what stands beside it, because to read a field together with its neighbours stalls after a narrower write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
enum State {
    Held,
    /// The service is running. Whoever is dropped so has panicked.
    Running,
}

/// When a probe whose response streams counts as a success.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marked(Nanos);

impl CircuitGuard {
    /// Takes a place for a call.
    #[inline(always)]
    pub(super) fn enter(breaker: &Pooled<Breaker>) -> Result<Self, Rejection> {
        match Self::admit(breaker) {
            Ok(guard) => Ok(guard),
            Err(refusal) => Err(breaker.reject(refusal)),
        }
    }

    /// Takes a place for a result that is there without a call; where there is none, nobody was rejected.
    #[inline(always)]
    pub(super) fn admit(breaker: &Pooled<Breaker>) -> Result<Self, Refusal> {
        match breaker.admit() {
            Ok(entry) => Ok(Self::of(breaker, entry)),
            Err(refusal) => Err(refusal),
        }
    }

    /// Holds the place that was taken.
    #[inline(always)]
    pub(super) fn of(breaker: &Pooled<Breaker>, entry: Entry) -> Self {
        Self { breaker: breaker.clone(), entry, state: State::Held }
    }

    /// Settles the call by what its result means.
    #[inline(always)]
    pub fn settle(mut self, outcome: Outcome) {
        let (breaker, entry) = (self.breaker.take(), self.entry);
        // Nothing is left in it to drop. Where that is said, it need not be in memory.
        mem::forget(self);
        if let Some(breaker) = breaker {
            breaker.settle(entry, outcome);
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

    /// Runs the service; if it panics, the call will count as failed.
    #[inline(always)]
    pub(crate) fn run<T>(&mut self, service: impl FnOnce() -> T) -> T {
        self.state = State::Running;
        let result = service();
        self.state = State::Held;
        result
    }

    /// Marks a probe whose response is still streaming; after a while it counts as a success.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only HTTP has responses that stream"))]
    pub(crate) fn mark_streaming(&self) -> Option<Marked> {
        self.breaker.mark_streaming(self.entry).map(Marked)
    }

    /// Whether a marked probe counts as a success by now.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only HTTP has responses that stream"))]
    pub(crate) fn is_due(&self, marked: Marked) -> bool {
        self.breaker.clock.now() >= marked.0
    }

    /// Removes the mark when the response ends; `None` if the probe was already counted.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only HTTP has responses that stream"))]
    pub(crate) fn unmark(mut self, marked: Marked) -> Option<Self> {
        if self.breaker.unmark(self.entry, marked.0) {
            return Some(self);
        }
        drop(self.breaker.take());
        None
    }

    /// Refuses the call after all, because the inner service is not ready.
    pub(super) fn refuse(mut self) -> Rejection {
        let breaker = self.breaker.take().expect("a guard is settled once");
        breaker.exit(self.entry, Exit::Abandoned);
        breaker.reject(Refusal::NOT_READY)
    }
}

impl Drop for CircuitGuard {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(breaker) = self.breaker.take() {
            breaker.settle_dropped(self.entry, self.state == State::Running);
        }
    }
}
