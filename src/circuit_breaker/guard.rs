//! The guard of one call.

use std::mem;

use super::breaker::Breaker;
#[cfg(feature = "http")]
use crate::time::Nanos;
use crate::{
    Outcome, Rejection,
    pooled::Pooled,
    state::circuit::{Entry, Refused},
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

/// When a probe whose answer streams counts as a success.
#[cfg(feature = "http")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vouched(Nanos);

impl CircuitGuard {
    /// Takes a place for a call.
    #[inline(always)]
    pub(super) fn enter(breaker: &Pooled<Breaker>) -> Result<Self, Rejection> {
        match Self::admit(breaker) {
            Ok(guard) => Ok(guard),
            Err(refused) => Err(breaker.reject(refused)),
        }
    }

    /// Takes a place for a result that is there without a call; where there is none, nobody was rejected.
    #[inline(always)]
    pub(super) fn admit(breaker: &Pooled<Breaker>) -> Result<Self, Refused> {
        match breaker.admit() {
            Ok(entry) => Ok(Self::of(breaker, entry)),
            Err(refused) => Err(refused),
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

    /// Says of a probe that its answer began well and streams: after a while that makes it a success.
    #[cfg(feature = "http")]
    pub(crate) fn vouch(&self) -> Option<Vouched> {
        self.breaker.vouch(self.entry).map(Vouched)
    }

    /// Whether a success that was vouched for is due, though the answer still streams.
    #[cfg(feature = "http")]
    pub(crate) fn is_due(&self, vouched: Vouched) -> bool {
        self.breaker.clock.now() >= vouched.0
    }

    /// Takes the word back, because the answer has ended; `None` if the call was counted meanwhile.
    #[cfg(feature = "http")]
    pub(crate) fn withdraw(mut self, vouched: Vouched) -> Option<Self> {
        if self.breaker.withdraw(self.entry, vouched.0) {
            return Some(self);
        }
        drop(self.breaker.take());
        None
    }

    /// Refuses the call after all, because the service below is not ready.
    pub(super) fn refuse(mut self) -> Rejection {
        let breaker = self.breaker.take().expect("a guard is settled once");
        breaker.abandon(self.entry);
        breaker.reject(Refused::NotReady)
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
