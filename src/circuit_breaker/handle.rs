//! Looks at a circuit and steers it.

use std::time::Duration;

use tokio::time::Instant;

use super::breaker::Core;
use super::guard::CircuitGuard;
use crate::cached_arc::HandleArc;
use crate::error::Rejection;
use crate::judge::{Judge, Judgement};
use crate::keyed::PerKeyHandle;
use crate::name::Name;
use crate::registry::{Listed, Shown};
use crate::state::circuit::{Phase, Steer};
use crate::state::counts::{Counts, share};
use crate::state::history::Figures;

/// Looks at a circuit and steers it, from anywhere.
///
/// Handles are cheap to clone, and never wait for a call. All handles of a layer, and all services made by it, share one circuit.
#[derive(Clone, Debug)]
pub struct CircuitHandle {
    pub(super) core: HandleArc<Core>,
}

impl CircuitHandle {
    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.name()
    }

    /// The phase of the circuit.
    ///
    /// An open circuit stays `Open` until a call comes after its open time. In a half-open one, the streaming probes
    /// whose moment has come are counted first.
    pub fn phase(&self) -> Phase {
        self.core.phase()
    }

    /// The phase of the circuit, with its counts.
    pub fn snapshot(&self) -> CircuitSnapshot {
        let view = self.core.view();
        let counts = view.counts;
        let min_calls = self.core.min_calls();
        CircuitSnapshot {
            phase: view.phase,
            counts,
            failure_rate: counts.failure_rate(min_calls),
            throttled_rate: counts.throttled_rate(min_calls),
            slow_rate: counts.slow_rate(min_calls),
            rejected: view.rejected,
            late: view.late,
            since: self.core.clock.instant(view.since),
            retry_after: view.left.map(Duration::from),
        }
    }

    /// A signal for a [`Mode`](crate::Mode): 1 from when the circuit opens until it closes, or is forced open, else 0.
    ///
    /// It is 1 also while the circuit is half-open, because a service that is tried is not yet well. But 10 s after the open time it
    /// is 0 though the circuit has not closed: only calls can close it, and the mode may keep them away. So the feature of a service
    /// that is in trouble for long is tried from time to time: about 10 s and [`leave_after`](crate::Mode::leave_after) after each
    /// open time. Where a call may hang for longer than 10 s, raise `leave_after` too, or the mode is left while the probes hang.
    pub fn signal(&self) -> impl Fn() -> f64 + Send + Sync + use<> {
        let circuit = self.clone();
        move || f64::from(u8::from(circuit.core.is_in_trouble()))
    }

    /// How reliable the service was: over a window that ends now, or since the circuit was built for `None`.
    ///
    /// Looking over a window, the circuit knows its last 1,000 transitions; the circuit of a key knows its last 32.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::CircuitBreakerLayer;
    ///
    /// # fn main() -> Result<(), palisade::ConfigError> {
    /// let circuit = CircuitBreakerLayer::builder("payments").consecutive(1).build()?.handle();
    /// assert_eq!((circuit.figures(None).mtbf, circuit.figures(None).availability), (None, 1.0));
    ///
    /// circuit.try_enter().expect("it is closed").failure();
    /// let figures = circuit.figures(None);
    /// assert_eq!((figures.failures, figures.mttr), (1, Some(figures.downtime)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn figures(&self, window: Option<Duration>) -> Figures {
        self.core.sums(window).figures()
    }

    /// Asks for admission for a call that does not go through a `Service`.
    ///
    /// # Errors
    ///
    /// When the circuit rejects the call.
    pub fn try_enter(&self) -> Result<CircuitGuard, Rejection> {
        CircuitGuard::enter(&self.core).map(CircuitGuard::begun)
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

    /// Lets all calls pass and tells each time the circuit would have opened, until it is set otherwise by hand.
    ///
    /// It starts with an empty window, and again after each such event: calls that are in flight then do not count.
    pub fn metrics_only(&self) {
        self.core.steer(Steer::Force(Phase::MetricsOnly));
    }

    /// Closes the circuit with an empty window and the first step of its backoff. Calls that are in flight do not count.
    #[doc(alias = "close")]
    pub fn reset(&self) {
        self.core.steer(Steer::Reset);
    }
}

/// The circuits of all keys.
impl<K: Send + Sync + 'static> PerKeyHandle<K, CircuitHandle> {
    /// A signal for a [`Mode`](crate::Mode): the share of keys whose circuits are at 1 by
    /// [their own signal](CircuitHandle::signal); 0 without keys.
    pub fn signal(&self) -> impl Fn() -> f64 + Send + Sync + use<K> {
        let circuits = self.clone();
        move || {
            let all = circuits.handles();
            let troubled = all.iter().filter(|circuit| circuit.core.is_in_trouble()).count();
            share(troubled as u64, all.len().max(1) as u64)
        }
    }
}

/// `Unhealthy` while time is left of the open time, and while the circuit is forced open. `OnTrial` from the end of the open time until
/// it is closed, because only a call can close it. Otherwise `Healthy`.
impl Judge for CircuitHandle {
    fn judge(&self) -> Judgement {
        self.core.judgement()
    }

    fn why(&self) -> Option<String> {
        (self.judge() > Judgement::Healthy).then(|| format!("circuit {}", self.core.circuit.phase()))
    }
}

impl Shown for CircuitHandle {
    fn listed(&self) -> &dyn Listed {
        let core: &Core = &self.core;
        core
    }
}

/// The state of a circuit at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct CircuitSnapshot {
    /// The phase.
    pub phase: Phase,
    /// The results in the window; in half-open, those of the probes; while open or forced, none.
    ///
    /// A breaker with the rule of consecutive failures alone keeps no window, and counts only those.
    pub counts: Counts,
    /// The share of failures in the results that are not throttled, from 0 to 1; `None` below `min_calls` of them.
    pub failure_rate: Option<f64>,
    /// The share of throttled calls, from 0 to 1; `None` below `min_calls` results.
    pub throttled_rate: Option<f64>,
    /// The share of slow calls, from 0 to 1; `None` below `min_calls` results.
    pub slow_rate: Option<f64>,
    /// Calls rejected since the layer was built.
    pub rejected: u64,
    /// Calls, since the layer was built, that ended too late to be counted: the circuit had changed its phase.
    pub late: u64,
    /// When the phase began.
    pub since: Instant,
    /// What is left of the open time, zero once it is over; `None` in every other phase.
    pub retry_after: Option<Duration>,
}
