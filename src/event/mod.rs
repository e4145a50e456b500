//! What the layers tell of themselves.
//!
//! Every event goes to `tracing`, and [`observe`] lets the process hear the same events as values, to count them or to pass them on.
//! For numbers alone, the [registry](crate::registry) counts already.
//!
//! # Example
//!
//! An observer that counts the transitions of circuits:
//!
//! ```
//! use std::collections::HashMap;
//! use std::sync::{Arc, Mutex};
//! use palisade::event::{self, Event, Observe, Source};
//! use palisade::{CircuitBreakerLayer, Phase};
//!
//! #[derive(Clone, Default)]
//! struct Transitions(Arc<Mutex<HashMap<(String, Phase), u64>>>);
//!
//! impl Observe for Transitions {
//!     fn observe(&self, source: Source<'_>, event: &Event<'_>) {
//!         if let Event::Transition { to, .. } = *event {
//!             *self.0.lock().unwrap().entry((source.name().to_string(), to)).or_default() += 1;
//!         }
//!     }
//! }
//!
//! # fn main() -> Result<(), palisade::ConfigError> {
//! let transitions = Transitions::default();
//! let subscription = event::observe(transitions.clone());
//!
//! let circuit = CircuitBreakerLayer::builder("payments").build()?.handle();
//! circuit.force_open();
//! circuit.reset();
//! circuit.force_open();
//! assert_eq!(transitions.0.lock().unwrap()[&("payments".to_owned(), Phase::ForcedOpen)], 2);
//! drop(subscription);
//! # Ok(())
//! # }
//! ```
//!
//! # Events
//!
//! These are all events; a [`ReplicaEvent`] is in [`Event::Replicas`]. Each but `Answered` has the field `name`. Where keys are shown,
//! those of limits have `key`. Targets begin with `palisade::`, and "layer" stands for `circuit_breaker`, `bulkhead`,
//! `rate_limit`, `throttle`, `replicas`, `coalesce`, `degradation` or `custom`.
//!
//! | event | target | level | fields |
//! |---|---|---|---|
//! | [`Transition`](Event::Transition) | `circuit_breaker` | `warn` for an opening, else `info` | `from`, `to`, `reason`, `calls`, `failures`, `throttled`, `slow`, `consecutive`, `open_for` |
//! | [`Rejected`](Event::Rejected) | layer | `debug` | `reason`, `retry_after`, `criticality` |
//! | [`Resized`](Event::Resized) | layer | `info`, or `debug` if adapted | `limit`, `reason` |
//! | [`RateSet`](Event::RateSet) | `rate_limit` | `info` | `calls`, `period`, `burst` |
//! | [`Shut`](Event::Shut) | `rate_limit` | `debug` | `duration` |
//! | [`Throttling`](Event::Throttling) | `throttle` | `warn`, or `info` at the end | `criticality`, `requests`, `accepts` |
//! | [`ModeChanged`](Event::ModeChanged) | `degradation` | `warn` to a worse one, else `info` | `from`, `to`, `signal`, `value` |
//! | [`SignalPanicked`](Event::SignalPanicked) | `degradation` | `warn` | `signal`, `error` |
//! | [`UnknownFeature`](Event::UnknownFeature) | `degradation` | `warn` | `degradation` |
//! | [`Retrying`](Event::Retrying) | `retry` | `debug` | `attempt`, `delay`, `outcome`, `error` |
//! | [`Stopped`](Event::Stopped) | `retry` | `debug` | `attempt`, `reason`, `rejection` |
//! | [`Hedging`](Event::Hedging) | `hedge` | `debug` | `attempt`, `in_flight` |
//! | [`HedgeWithheld`](Event::HedgeWithheld) | `hedge` | `debug` | `attempt`, `reason` |
//! | [`HedgeWon`](Event::HedgeWon) | `hedge` | `debug` | `attempt` |
//! | [`TimedOut`](Event::TimedOut) | `timeout` | `debug` | `limit`, `elapsed` |
//! | [`Degraded`](Event::Degraded) | `fallback` | `debug` | `step`, `error` |
//! | [`FallbackFailed`](Event::FallbackFailed) | `fallback` | `debug` | `error` |
//! | [`FallbackSwitched`](Event::FallbackSwitched) | `fallback` | `warn` for always, else `info` | none |
//! | [`CacheAnswered`](Event::CacheAnswered) | `cache` | `debug` | `result`, `age` |
//! | [`Refreshed`](Event::Refreshed) | `cache` | `debug` | `result` |
//! | [`Evicted`](Event::Evicted) | `cache` | `debug` | `entries` |
//! | [`Cleared`](Event::Cleared) | `cache` | `info` | none |
//! | [`LetterStored`](Event::LetterStored) | `dead_letter` | `debug` | `accepted`, `error` |
//! | [`LetterLost`](Event::LetterLost) | `dead_letter` | `warn` once a minute, else `debug` | `reason`, `error` |
//! | [`LetterReplayed`](Event::LetterReplayed) | `dead_letter` | `debug` | `id`, `result`, `error` |
//! | [`LetterParked`](Event::LetterParked) | `dead_letter` | `warn` | `id`, `reason` |
//! | [`NoRoom`](Event::NoRoom) | `per_key`, `heartbeats` | `warn` once a minute, else `debug` | `capacity`, `outcome` |
//! | [`Steered`](Event::Steered) | layer, `cache`, `chaos`, `fallback` or `health` | `info` | `action`, `by` |
//! | [`NotListed`](Event::NotListed) | `registry` | `warn` | `kind`, `capacity` |
//! | [`Restored`](Event::Restored) | `registry` | `info` | `kind`, `age` |
//! | [`LeftOut`](Event::LeftOut) | `registry` | `warn`, or `info` where there is no snapshot | `why`, `count`, `what` |
//! | [`VerdictChanged`](Event::VerdictChanged) | `health` | `warn`, or `info` once healthy | `from`, `to`, `why` |
//! | [`Draining`](Event::Draining) | `health` | `info` | none |
//! | [`Suspected`](Event::Suspected) | `heartbeats` | `warn` | `node`, `phi`, `silent`, `suspected` |
//! | [`Returned`](Event::Returned) | `heartbeats` | `info` | `node`, `silent` |
//! | [`Ejected`](ReplicaEvent::Ejected) | `replicas` | `warn` | `replica`, `reason`, `duration`, `times` |
//! | [`EjectionRefused`](ReplicaEvent::EjectionRefused) | `replicas` | `warn` | `replica`, `reason` |
//! | [`OnTrial`](ReplicaEvent::OnTrial) | `replicas` | `info` | `replica` |
//! | [`Readmitted`](ReplicaEvent::Readmitted) | `replicas` | `info` | `replica`, `reason` |
//! | [`FailedOver`](ReplicaEvent::FailedOver) | `replicas` | `warn` | `from`, `to`, `reason` |
//! | [`Panic`](ReplicaEvent::Panic) | `replicas` | `warn`, or `info` at its end | `healthy`, `replicas` |
//! | [`Spares`](ReplicaEvent::Spares) | `replicas` | `warn`, or `info` once there are enough | `healthy`, `needed`, `spares` |
//! | [`Drained`](ReplicaEvent::Drained) | `replicas` | `info` | `replica` |
//! | [`DiscoverFailed`](ReplicaEvent::DiscoverFailed) | `replicas` | `warn`, or `info` at the end | `error` |
//! | [`Alert`](Event::Alert) | `objective` | `warn`, or `info` once resolved | `indicator`, `severity`, `burn`, `threshold`, `long`, `short`, `runbook_url` |
//! | [`SagaStepFailed`](Event::SagaStepFailed) | `saga` | `debug` | `saga`, `step`, `error` |
//! | [`SagaUndone`](Event::SagaUndone) | `saga` | `debug` | `saga` |
//! | [`SagaStuck`](Event::SagaStuck) | `saga` | `warn` | `saga`, `step`, `error` |
//! | [`SagaResumed`](Event::SagaResumed) | `saga` | `info` by hand, else `debug` | `saga`, `by_hand` |
//! | [`FaultsStarted`](Event::FaultsStarted) | `chaos` | `warn` | `time`, `failure_rate` |
//! | [`FaultsHalted`](Event::FaultsHalted) | `chaos` | `warn` if they had to, else `info` | `reason` |
//! | [`FaultsHeldBack`](Event::FaultsHeldBack) | `chaos` | `info` | `max_share` |
//! | [`Faulted`](Event::Faulted) | `chaos` | `debug` | `fault` |
//! | [`ExperimentBegan`](Event::ExperimentBegan) | `chaos` | `warn` | `time` |
//! | [`ExperimentEnded`](Event::ExperimentEnded) | `chaos` | `info` if it held, else `warn` | `outcome`, `why` |
//! | [`Answered`](Event::Answered) | `answer` | `debug` | `error` |
//!
//! A [timeline](crate::Registry::timeline) shows what has happened, but for what may happen in every call: so no rejection, retry, hedge or
//! timeout, no answer of a cache or a fallback, no room that was missing, no limit that was adapted, and of sagas only those that are stuck
//! or go on by hand.
//!
//! What may happen in every call is a `debug` event. Where nobody hears it, it is not made: the call reads the level that `tracing` keeps,
//! and whether there is an observer. Both are relaxed loads. Together they take 8 of the 99 instructions of a call that a full bulkhead
//! rejects.
//!
//! # The sharp edge
//!
//! An observer runs on the thread and inside the call that caused the event. So it must be quick, must not block, and must not
//! panic. If it panics, the other observers still hear the event, and then the panic ends the call. A call that is panicking already
//! goes on with its own panic. An observer runs after the change that it hears of, and under no lock of this crate. While there
//! are observers, each event takes a read lock and a count.

mod action;
mod kept;
mod observe;
mod replicas;
mod told;
mod trace;
mod value;
mod what;
mod words;

use std::time::Duration;

use tracing::{Level, level_enabled};

pub use self::action::Action;
pub use self::observe::{Observe, Subscription, observe};
pub use self::replicas::ReplicaEvent;
pub(crate) use self::told::Told;
pub(crate) use self::trace::write;
pub use self::value::Event;
pub use self::what::What;
pub(crate) use self::what::cut;
pub(crate) use self::words::shown;
use crate::error::{Rejection, RejectionReason};
pub use crate::source::{Kind, Source};
use crate::time::Nanos;

impl Source<'_> {
    /// Rejects a call of a limit of your own: makes the rejection and tells it, both as [`Custom`](Kind::Custom).
    ///
    /// `retry_after` says when to try again, where that is known.
    pub fn reject(self, retry_after: Option<Duration>) -> Rejection {
        let custom = Source::new(Kind::Custom, self.name()).of_key(self.key());
        let rejection = Rejection::new(custom.name(), RejectionReason::Custom, retry_after.map(Nanos::from));
        reject(rejection, || custom)
    }
}

/// Rejects a call of the instance `source`.
#[inline(always)]
pub(crate) fn reject<'a>(rejection: Rejection, source: impl FnOnce() -> Source<'a>) -> Rejection {
    if is_heard() {
        tell_rejected(rejection, source);
    }
    rejection
}

/// Takes a copy, so that the caller's can stay in registers.
#[cold]
#[inline(never)]
fn tell_rejected<'a>(rejection: Rejection, source: impl FnOnce() -> Source<'a>) {
    tell(source(), &Event::Rejected(&rejection));
}

/// Tells an event that may be frequent, and is made only where it is heard.
#[inline(always)]
pub(crate) fn tell_often<'a>(event: impl FnOnce() -> (Source<'a>, Event<'a>)) {
    if is_heard() {
        tell_heard(event);
    }
}

#[cold]
#[inline(never)]
fn tell_heard<'a>(event: impl FnOnce() -> (Source<'a>, Event<'a>)) {
    let (source, event) = event();
    tell(source, &event);
}

/// Whether `tracing` or an observer hears what may be frequent. All of that has the level `DEBUG`.
///
/// Two loads, because one word cannot say both: `tracing` sets its level after it has told the callsites that something changed.
#[inline(always)]
fn is_heard() -> bool {
    level_enabled!(Level::DEBUG) || observe::is_used()
}

/// Tells an event. The caller has made the change that it is of, and holds no lock.
#[cold]
#[inline(never)]
pub(crate) fn tell(source: Source<'_>, event: &Event<'_>) {
    write(source, event);
    observe::hear(source, event);
}
