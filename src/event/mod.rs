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
mod value;

use std::time::Duration;

use tracing::{Level, level_enabled};

pub use self::observe::{Observe, Subscription, observe};
pub use self::value::Event;
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
