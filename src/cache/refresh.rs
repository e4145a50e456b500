//! Refreshes in the background: who runs them, and what comes of one.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc; // as in `kept`
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep};

use super::fetch::Call;
use super::landed::{Landed, What};
use super::shared::Core;
use super::waiting::PassengerOf;
use crate::error::Error;
use crate::kept::Entry;
use crate::state::cache::counted::Refreshed;

/// Runs refreshes.
pub trait Refresh<F> {
    /// Runs a refresh beside the calls, or drops it.
    fn begin(&self, refresh: F);
}

/// Entries are refreshed by calls only.
#[derive(Clone, Copy, Debug, Default)]
pub struct InCall;

impl<F> Refresh<F> for InCall {
    fn begin(&self, refresh: F) {
        drop(refresh);
    }
}

/// Entries are refreshed in the background, by a task of tokio's for each.
#[derive(Clone, Copy, Debug, Default)]
pub struct InBackground;

impl<F: Future<Output = ()> + Send + 'static> Refresh<F> for InBackground {
    fn begin(&self, refresh: F) {
        if let Ok(runtime) = Handle::try_current() {
            drop(runtime.spawn(refresh));
        }
    }
}

/// A refresh of an entry. Dropped before it is over, it has failed.
#[must_use = "futures do nothing unless polled"]
pub struct Refreshing<C: Call> {
    call: PassengerOf<C>,
    /// Begins with the first poll.
    limit: Option<Pin<Box<Sleep>>>,
    turn: Taken<C>,
    _permit: OwnedSemaphorePermit,
}

/// The turn to refresh an entry, until it is over.
pub(super) struct Taken<C: Call> {
    pub(super) entry: Arc<Entry<C::Value>>,
    pub(super) core: Arc<Core<C::Key, C::Value>>,
    pub(super) came_of_it: Refreshed,
}

impl<C: Call> Taken<C> {
    pub(super) const fn new(entry: Arc<Entry<C::Value>>, core: Arc<Core<C::Key, C::Value>>) -> Self {
        Self { entry, core, came_of_it: Refreshed::Failed }
    }

    /// Nobody refreshes the entry: as many as may be refresh others.
    pub(super) fn finds_no_room(mut self) {
        self.came_of_it = Refreshed::Full;
    }
}

impl<C: Call> Drop for Taken<C> {
    fn drop(&mut self) {
        match self.came_of_it {
            // There is a new entry.
            Refreshed::Renewed => {}
            Refreshed::Failed => self.entry.turn.fail(self.core.clock.now()),
            Refreshed::Full => self.entry.turn.give_back(),
        }
        self.core.refreshed(self.came_of_it);
    }
}

impl<C: Call> Refreshing<C> {
    pub(super) const fn new(call: PassengerOf<C>, turn: Taken<C>, permit: OwnedSemaphorePermit) -> Self {
        Self { call, limit: None, turn, _permit: permit }
    }
}

impl<C> Future for Refreshing<C>
where
    C: Call + Future<Output = Result<Landed<C::Value, C::Response>, Error>>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { call, limit, turn, .. } = self.get_mut();
        let Poll::Ready(landed) = Pin::new(call).poll(cx) else {
            let timeout = turn.core.settings.refresh_timeout;
            return limit.get_or_insert_with(|| Box::pin(sleep(timeout))).as_mut().poll(cx);
        };
        if matches!(landed, Ok(Landed { what: What::Shared(entry), .. }) if entry.is_kept()) {
            turn.came_of_it = Refreshed::Renewed;
        }
        Poll::Ready(())
    }
}

impl<C: Call> fmt::Debug for Refreshing<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refreshing").field("name", &self.turn.core.row.name()).finish_non_exhaustive()
    }
}
