//! What a call holds while it runs.

use std::mem::ManuallyDrop;

use crate::error::Rejection;
use crate::outcome::Outcome;

/// Says whether to keep a guard. The caller settles it where the answer is [`No`](Self::No).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The guard is settled now: at the head by what that means, later also by that if it was final, else as a success.
    No,
    /// The guard is held until the response has ended.
    ToTheEnd,
}

/// What a call holds from the moment it is let through until it ends.
///
/// A guard is settled once. A guard that is dropped unsettled is *abandoned*: its call says nothing about the service. The methods
/// have defaults, which suit a guard that only gives something back when it is dropped.
pub trait Guard: Sized {
    /// Whether the guard must outlive the inner call: then the call is dropped first, and the guard settled or dropped after it.
    ///
    /// A guard that gives back a place for the next call needs it, or two calls would be in flight in one place.
    const OUTLIVES_CALL: bool = true;

    /// Is called before the future of the call, or the body of its response, is polled.
    fn polls(&mut self) {}

    /// Is called after that was polled. If it pends, the service is being waited for.
    fn polled(&mut self, is_pending: bool) {
        let _: bool = is_pending;
    }

    /// Is called when the inner service panics, before its call is dropped.
    fn panicked(&mut self) {}

    /// Is called before a part of the inner service runs: its `call`, a poll of its future or of a body.
    fn enters(&mut self) {}

    /// Is called after that part ran, also where it panicked.
    fn leaves(&mut self) {}

    /// Watches a part of the inner service: its `call`, a poll of its future or of a body.
    ///
    /// A watch that is dropped before it is [over](Watch::over) was dropped by a [panic](Self::panicked).
    // It takes no closure: what goes into one and what comes out of it is moved once more, and requests and responses are large.
    #[inline(always)]
    fn watch(&mut self) -> Watch<'_, Self> {
        self.enters();
        Watch(self)
    }

    /// Is called when a response begins to stream.
    ///
    /// `outcome` is what its head means. If that is not final, the end of the response decides. A response that ends with its head
    /// does not stream: then only [`settle`](Self::settle) is called.
    fn head(&mut self, outcome: Outcome, is_final: bool) -> Hold {
        let _: (Outcome, bool) = (outcome, is_final);
        Hold::ToTheEnd
    }

    /// Is called after each poll of a response that streams, unless the response has ended.
    ///
    /// `is_whole` says that everything that decides has come, though the response has not ended. With [`Hold::No`] the call is
    /// settled by its head if that was final, else as a success.
    fn streams(&mut self, is_whole: bool) -> Hold {
        let _: bool = is_whole;
        Hold::ToTheEnd
    }

    /// Settles the call by what its result means.
    fn settle(self, outcome: Outcome) {
        let _: Outcome = outcome;
    }

    /// Settles the call as one that was not sent, because a layer below rejected it, or `None` because its caller's deadline came first.
    fn unsent(self, rejection: Option<Rejection>) {
        let _: Option<Rejection> = rejection;
    }

    /// Gives the call back, and its rejection, because the inner service is not ready.
    ///
    /// Is called only where [`is_refusing`](super::Admit::is_refusing) was true, so that the inner service was not polled ready.
    /// The call is rejected in any case; by default for [`NotReady`](crate::RejectionReason::NotReady), under the name `limit`.
    fn refuse(self) -> Option<Rejection> {
        None
    }
}

/// Tells a guard of a panic in the inner service. [`Guard::watch`] makes one.
#[derive(Debug)]
#[must_use = "a watch that is dropped tells of a panic"]
pub struct Watch<'a, G: Guard>(&'a mut G);

impl<G: Guard> Watch<'_, G> {
    /// Ends the watch, because there was no panic.
    #[inline(always)]
    pub fn over(self) {
        ManuallyDrop::new(self).0.leaves();
    }
}

impl<G: Guard> Drop for Watch<'_, G> {
    #[cold]
    fn drop(&mut self) {
        self.0.panicked();
        self.0.leaves();
    }
}

/// Holds nothing.
impl Guard for () {
    const OUTLIVES_CALL: bool = false;
}

/// `None` holds nothing.
impl<G: Guard> Guard for Option<G> {
    const OUTLIVES_CALL: bool = G::OUTLIVES_CALL;

    fn polls(&mut self) {
        if let Some(guard) = self {
            guard.polls();
        }
    }

    fn polled(&mut self, is_pending: bool) {
        if let Some(guard) = self {
            guard.polled(is_pending);
        }
    }

    fn panicked(&mut self) {
        if let Some(guard) = self {
            guard.panicked();
        }
    }

    fn enters(&mut self) {
        if let Some(guard) = self {
            guard.enters();
        }
    }

    fn leaves(&mut self) {
        if let Some(guard) = self {
            guard.leaves();
        }
    }

    fn head(&mut self, outcome: Outcome, is_final: bool) -> Hold {
        self.as_mut().map_or(Hold::No, |guard| guard.head(outcome, is_final))
    }

    fn streams(&mut self, is_whole: bool) -> Hold {
        self.as_mut().map_or(Hold::No, |guard| guard.streams(is_whole))
    }

    fn settle(self, outcome: Outcome) {
        if let Some(guard) = self {
            guard.settle(outcome);
        }
    }

    fn unsent(self, rejection: Option<Rejection>) {
        if let Some(guard) = self {
            guard.unsent(rejection);
        }
    }

    fn refuse(self) -> Option<Rejection> {
        self.and_then(Guard::refuse)
    }
}
