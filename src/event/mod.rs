//! What the layers tell of themselves.
//!
//! Every event goes to `tracing`, with the target, level and fields that the layer's page documents. [`observe`] lets the
//! process hear the same events as values, to count them or to pass them on.
//!
//! # Example
//!
//! ```
//! use std::sync::mpsc;
//! use palisade::{BulkheadLayer, event::{self, Event, Source}};
//!
//! let (sender, events) = mpsc::channel();
//! let subscription = event::observe(move |source: Source<'_>, event: &Event<'_>| {
//!     if let Event::Rejected(rejection) = event {
//!         sender.send((source.name(), rejection.reason())).ok();
//!     }
//! });
//!
//! assert!(BulkheadLayer::new(0).handle().try_enter().is_err());
//! assert_eq!(events.recv().map(|(name, _)| name.as_str()), Ok("bulkhead"));
//! drop(subscription);
//! ```
//!
//! # The sharp edge
//!
//! An observer runs on the thread and inside the call that caused the event. So it must be quick, must not block, and must not
//! panic. It runs after the change that it hears of, and under no lock of this crate. While there
//! are observers, each event takes a read lock and a count.

mod observe;
mod trace;

use std::time::Duration;

use tracing::{Level, level_enabled};

pub use self::observe::{Observe, Subscription, observe};
use crate::error::{Elapsed, Error, Rejection, RejectionReason};
use crate::name::Name;
use crate::outcome::Outcome;
pub use crate::source::{Kind, Source};
use crate::state::circuit::Phase;
use crate::state::counts::Counts;
use crate::time::Nanos;

/// Something that happened in a layer.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A circuit changed its phase, or would have opened where it only measures: then both phases are `MetricsOnly`.
    #[non_exhaustive]
    Transition {
        /// The phase before.
        from: Phase,
        /// The phase after.
        to: Phase,
        /// Why, in the word that the `reason` field of the event has.
        reason: &'static str,
        /// The counts that decided.
        counts: Counts,
        /// How long the circuit stays open, if it opened.
        open_for: Option<Duration>,
    },
    /// A layer rejected a call. A call that a layer per key rejects for want of room is a [`NoRoom`](Self::NoRoom) instead.
    Rejected(&'a Rejection),
    /// A limit was resized, such as a bulkhead.
    #[non_exhaustive]
    Resized {
        /// The most calls that may be in flight from now on.
        limit: usize,
    },
    /// A retry will send the call again.
    #[non_exhaustive]
    Retrying {
        /// The number of the attempt to come, from 1.
        attempt: u32,
        /// How long it waits before that.
        delay: Duration,
        /// What the last attempt's result meant.
        outcome: Outcome,
        /// The error of the last attempt, unless it was a response.
        error: Option<&'a Error>,
    },
    /// A retry sends the call no more, though its last attempt failed.
    #[non_exhaustive]
    Stopped {
        /// The number of the last attempt, from 1.
        attempt: u32,
        /// Why, in the word that the `reason` field of the event has.
        reason: &'static str,
        /// The rejection of the last attempt, if it was rejected.
        rejection: Option<&'a Error>,
    },
    /// A timeout ended a call.
    TimedOut(&'a Elapsed),
    /// A fallback answered.
    #[non_exhaustive]
    Degraded {
        /// The number of the step that answered, from 1.
        step: u32,
        /// What had failed, unless it was a response.
        error: Option<&'a Error>,
    },
    /// All steps of a fallback failed, the last one by this error.
    FallbackFailed(&'a Error),
    /// A layer per key had no room for another key.
    #[non_exhaustive]
    NoRoom {
        /// The most keys there may be.
        capacity: usize,
        /// What became of the call: `"passed"` or `"rejected"`.
        outcome: &'static str,
        /// Whether it is the first such event in a minute.
        is_first: bool,
    },
    /// A caller is shown a response in place of this error.
    Answered(&'a Error),
}

impl Source<'_> {
    /// Rejects a call: makes the rejection and tells it.
    ///
    /// `retry_after` says when to try again, where that is known.
    pub fn reject(self, reason: RejectionReason, retry_after: Option<Duration>) -> Rejection {
        reject(self.name(), reason, retry_after.map(Nanos::from), || self)
    }
}

/// Rejects a call of the instance `source`.
#[inline(always)]
pub(crate) fn reject<'a>(
    name: Name,
    reason: RejectionReason,
    retry_after: Option<Nanos>,
    source: impl FnOnce() -> Source<'a>,
) -> Rejection {
    let rejection = Rejection::new(name, reason, retry_after);
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
#[inline(always)]
fn is_heard() -> bool {
    level_enabled!(Level::DEBUG) || observe::is_used()
}

/// Tells an event. The caller has made the change that it is of, and holds no lock.
#[cold]
#[inline(never)]
pub(crate) fn tell(source: Source<'_>, event: &Event<'_>) {
    trace::write(source, event);
    observe::hear(source, event);
}
