//! Looks at a circuit and steers it.

use std::time::Duration;

use tokio::time::Instant;

use super::{Circuit, CircuitGuard, breaker::Core};
use crate::{
    error::Rejection,
    name::Name,
    pooled::Handled,
    state::{
        circuit::{Phase, Steer},
        counts::{Counts, share},
        keys::{Retain, Retention},
    },
};

/// Looks at a circuit and steers it, from anywhere.
///
/// Handles are cheap to clone, and never wait for a call. All handles of a layer, and all services made by it, share one circuit.
#[derive(Clone, Debug)]
pub struct CircuitHandle {
    core: Handled<Core>,
}

impl CircuitHandle {
    pub(super) const fn new(core: Handled<Core>) -> Self {
        Self { core }
    }

    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.name
    }

    /// Where the circuit stands. An open circuit stays `Open` until a call comes after its time; half-open, probes whose
    /// answers have streamed for long enough are counted first.
    pub fn phase(&self) -> Phase {
        self.core.phase()
    }

    /// Where the circuit stands, with its counts.
    pub fn snapshot(&self) -> CircuitSnapshot {
        let view = self.core.view();
        let counts = view.counts;
        let rate = |count| (counts.calls >= self.core.min_calls()).then(|| share(count, counts.calls));
        CircuitSnapshot {
            phase: view.phase,
            counts,
            failure_rate: rate(counts.failures),
            slow_rate: rate(counts.slow),
            rejected: view.rejected,
            late: view.late,
            since: self.core.clock.instant(view.since),
            retry_after: view.left.map(Duration::from),
        }
    }

    /// Asks for admission, for a call that is no `Service`'s.
    ///
    /// # Errors
    ///
    /// When the circuit rejects the call.
    pub fn try_enter(&self) -> Result<CircuitGuard, Rejection> {
        CircuitGuard::enter(&self.core)
    }

    /// Rejects all calls until the circuit is set otherwise by hand.
    #[doc(alias = "isolate")]
    pub fn force_open(&self) {
        self.core.steer(Steer::Force(Phase::ForcedOpen));
    }

    /// Lets all calls pass, and counts nothing, until the circuit is set otherwise by hand.
    #[doc(alias = "disable")]
    pub fn force_closed(&self) {
        self.core.steer(Steer::Force(Phase::ForcedClosed));
    }

    /// Lets all calls pass, and reports each time the circuit would have opened, until it is set otherwise by hand.
    ///
    /// Starts with an empty window, and again after each report: calls in flight then no longer count.
    pub fn metrics_only(&self) {
        self.core.steer(Steer::Force(Phase::MetricsOnly));
    }

    /// Closes the circuit with an empty window and the first step of its backoff. Calls in flight no longer count.
    #[doc(alias = "close")]
    pub fn reset(&self) {
        self.core.steer(Steer::Reset);
    }
}

/// Of a key: in use while a call, a body or a guard has it.
impl Retain for CircuitHandle {
    type Own = Circuit;

    #[inline(always)]
    fn for_call(&self) -> Circuit {
        Circuit::of(&self.core)
    }

    fn retention(&self) -> Retention {
        if self.core.is_alone() { self.core.retention() } else { Retention::Used }
    }
}

/// Where a circuit stands, at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct CircuitSnapshot {
    /// The phase.
    pub phase: Phase,
    /// The results in the window; in half-open, those of the probes; while open or forced, none.
    ///
    /// A breaker with the rule of consecutive failures alone keeps no window, and counts only those.
    pub counts: Counts,
    /// The share of failures, from 0 to 1; `None` below `min_calls` results.
    pub failure_rate: Option<f64>,
    /// The share of slow calls, from 0 to 1; `None` below `min_calls` results.
    pub slow_rate: Option<f64>,
    /// Calls rejected since the layer was built.
    pub rejected: u64,
    /// Calls, since the layer was built, that ended with a result nobody could use: the circuit had moved on.
    pub late: u64,
    /// When the phase began.
    pub since: Instant,
    /// What is left of the open time, zero once it is over; `None` in every other phase.
    pub retry_after: Option<Duration>,
}
