//! Places whose number is found: calls pass them as others, and tell how long they took.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::guard::{BulkheadGuard, Core};
use super::places::Places;
use super::queue::Queue;
use super::turn::Turn;
use crate::call::{Admit, Fork, Guard, Handled, Hold, Key, Settings, Wait};
use crate::context;
use crate::error::{ConfigError, Rejection};
use crate::event::{self, Event};
use crate::outcome::Outcome;
use crate::registry::Listing;
use crate::source::Kind;
use crate::state::adaptive::Sample;
use crate::state::keys::Retain;
use crate::state::permits::counted::Change;
use crate::time::Nanos;

/// [`Places`] or a [`Queue`] whose limit is [found](super::Adaptive), or their settings.
#[derive(Clone, Copy, Debug)]
pub struct Adapted<T>(pub(super) T);

impl<T: Settings> Settings for Adapted<T> {
    const KIND: Kind = T::KIND;

    type Limit = Adapted<T::Limit>;
    type Entry = T::Entry;

    fn check(&self) -> Result<(), ConfigError> {
        self.0.check()
    }

    fn limit(self, listing: Listing) -> Self::Limit {
        Adapted(self.0.limit(listing))
    }
}

impl<Request> Admit<Request> for Adapted<Places> {
    type Guard = AdaptiveGuard;

    #[inline(always)]
    fn admit(&self, _: &Request) -> Result<AdaptiveGuard, Rejection> {
        BulkheadGuard::enter(&self.0.core).map(AdaptiveGuard::of)
    }
}

impl<Request> Wait<Request> for Adapted<Queue> {
    type Guard = AdaptiveGuard;
    type Waiting = AdaptiveTurn;

    fn wait(&self, request: &Request) -> Result<AdaptiveTurn, Rejection> {
        self.0.wait(request).map(|turn| AdaptiveTurn { turn })
    }
}

impl<T: Handled> Handled for Adapted<T> {
    type Handle = T::Handle;

    fn handle(&self) -> T::Handle {
        self.0.handle()
    }
}

/// Each key has a limit of its own, which is found by its own calls.
#[expect(private_interfaces, reason = "only the crate's own limits can be had for each key")]
impl<T: Fork> Fork for Adapted<T> {
    fn fork(&self, key: Key) -> T::Handle {
        self.0.fork(key)
    }

    #[inline(always)]
    fn of_key(&self, own: <T::Handle as Retain>::Own) -> Self {
        Self(self.0.of_key(own))
    }
}

pin_project! {
    /// Waits for a place whose number is found, as a [`Turn`] does.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct AdaptiveTurn {
        #[pin]
        turn: Turn,
    }
}

impl Future for AdaptiveTurn {
    type Output = Result<AdaptiveGuard, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().turn.poll(cx).map_ok(AdaptiveGuard::of)
    }
}

/// Holds a place in a bulkhead whose limit is found, and tells what its call has shown.
///
/// The time of a call counts from its admission to the head of its response. After that the guard only holds the place.
#[derive(Debug)]
#[must_use = "a guard that is dropped gives its place back"]
pub struct AdaptiveGuard {
    place: BulkheadGuard,
    /// When the call was admitted; [`TOLD`] once it has told its time.
    since: Nanos,
}

const TOLD: Nanos = Nanos::MAX;

impl AdaptiveGuard {
    #[inline(always)]
    fn of(place: BulkheadGuard) -> Self {
        let since = place.core.adapting.as_ref().map_or(TOLD, |adapting| adapting.now());
        Self { place, since }
    }

    /// Tells what the call has shown, which may depend on how long it was in flight. The place is still held.
    #[inline(always)]
    fn tell(&mut self, sample: impl FnOnce(Nanos) -> Sample) {
        let since = mem::replace(&mut self.since, TOLD);
        if since != TOLD {
            self.place.core.record(since, sample);
        }
    }

    /// Tells what a dropped call has shown. That is nothing, unless a timeout of ours ended it, and it had at least half of that time.
    #[inline(never)]
    fn drop_untold(&mut self) {
        let limit = context::expired_limit().filter(|_| self.place.has_pended());
        self.tell(|in_flight| match limit {
            Some(limit) if in_flight >= Nanos::of(limit / 2) => Sample::Drop,
            _ => Sample::Nothing,
        });
    }
}

impl Core {
    #[inline(always)]
    fn record(&self, since: Nanos, sample: impl FnOnce(Nanos) -> Sample) {
        let changed = self.adapting.as_ref().and_then(|adapting| adapting.record(&self.permits, since, sample));
        if let Some(limit) = changed {
            self.resized(limit);
        }
    }

    #[cold]
    #[inline(never)]
    fn resized(&self, limit: usize) {
        self.grant_all();
        self.row.count(Change::Adapted.word());
        event::tell_often(|| (self.source(), Event::Resized { limit, reason: Change::Adapted.as_str() }));
    }
}

impl Guard for AdaptiveGuard {
    #[inline(always)]
    fn polled(&mut self, is_pending: bool) {
        self.place.polled(is_pending);
    }

    fn head(&mut self, outcome: Outcome, is_final: bool) -> Hold {
        self.tell(|_| Sample::of(outcome));
        self.place.head(outcome, is_final)
    }

    #[inline(always)]
    fn settle(mut self, outcome: Outcome) {
        self.tell(|_| Sample::of(outcome));
    }
}

impl Drop for AdaptiveGuard {
    #[inline(always)]
    fn drop(&mut self) {
        if self.since != TOLD {
            self.drop_untold();
        }
    }
}
