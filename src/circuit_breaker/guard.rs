//! The guard of one call.

use super::breaker::Breaker;
use crate::{
    Outcome, Rejection, deadline,
    state::circuit::{Entry, Refused},
    sync::Arc,
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
    breaker: Arc<Breaker>,
    entry: Entry,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Held,
    /// The service is running. Whoever is dropped so has panicked.
    Running,
    Settled,
}

impl CircuitGuard {
    /// Takes a place for a call.
    #[inline]
    pub(super) fn enter(breaker: &Arc<Breaker>) -> Result<Self, Rejection> {
        Self::admit(breaker).map_err(|refused| breaker.reject(refused))
    }

    /// Takes a place for a result that is there without a call; where there is none, nobody was rejected.
    #[inline]
    pub(super) fn admit(breaker: &Arc<Breaker>) -> Result<Self, Refused> {
        let entry = breaker.admit()?;
        Ok(Self { breaker: Arc::clone(breaker), entry, state: State::Held })
    }

    /// Settles the call by what its result means.
    #[inline]
    pub fn settle(mut self, outcome: Outcome) {
        self.state = State::Settled;
        self.breaker.settle(self.entry, outcome);
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
    #[inline]
    pub(super) fn run<T>(&mut self, service: impl FnOnce() -> T) -> T {
        self.state = State::Running;
        let result = service();
        self.state = State::Held;
        result
    }

    /// Refuses the call after all, because the service below is not ready.
    pub(super) fn refuse(mut self) -> Rejection {
        self.state = State::Settled;
        self.breaker.abandon(self.entry);
        self.breaker.reject(Refused::NotReady)
    }
}

impl Drop for CircuitGuard {
    #[inline]
    fn drop(&mut self) {
        match self.state {
            State::Settled => {}
            State::Running => self.breaker.settle(self.entry, Outcome::Failed),
            State::Held if deadline::is_expiring() => self.breaker.settle_cut(self.entry),
            State::Held => self.breaker.abandon(self.entry),
        }
    }
}
