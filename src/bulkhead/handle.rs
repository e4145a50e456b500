//! Looks at a bulkhead and resizes it.

use super::guard::{BulkheadGuard, Core};
use super::turn::{Line, Turn};
use crate::cached_arc::HandleArc;
use crate::error::Rejection;
use crate::name::Name;
use crate::registry::{Listed, Shown};
use crate::state::adaptive::Round;
use crate::state::counts::share;
use crate::time::AsMoment;

/// Looks at a bulkhead and resizes it, from anywhere.
///
/// Handles are cheap to clone, and never wait for a call, unless you ask them to. All handles of a layer, and all services made by it, share its places.
#[derive(Clone, Debug)]
pub struct BulkheadHandle {
    pub(super) core: HandleArc<Core>,
    pub(super) line: Line,
}

impl BulkheadHandle {
    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.name()
    }

    /// Calls that hold a place now. A call whose deadline has passed holds none.
    pub fn in_flight(&self) -> usize {
        self.core.in_flight(AsMoment)
    }

    /// Calls that wait for a place now.
    pub fn queued(&self) -> usize {
        self.core.queued()
    }

    /// The most calls that may be in flight; `usize::MAX` for 536,870,911 and more, which is as good as unlimited.
    pub fn limit(&self) -> usize {
        self.core.limit()
    }

    /// Changes the most calls that may be in flight, and leaves the length of the queue as it is.
    ///
    /// Growing wakes those who wait; shrinking ends no call, but lets none in until enough have ended. 0 lets none in. A limit
    /// that is [adaptive](super::Adaptive) stays within its bounds, and goes on from there.
    pub fn resize(&self, max_concurrent: usize) {
        self.core.resize_by_hand(max_concurrent);
    }

    /// A signal for a [`Mode`](crate::Mode): the share of places that are taken. It is 1 where there are none.
    pub fn signal(&self) -> impl Fn() -> f64 + Send + Sync + use<> {
        let bulkhead = self.clone();
        move || match bulkhead.limit() {
            0 => 1.0,
            limit => share(bulkhead.in_flight() as u64, limit as u64),
        }
    }

    /// The last round after which an adaptive limit was decided, if there was one.
    pub fn last_round(&self) -> Option<Round> {
        self.core.adapting.as_ref()?.last_round()
    }

    /// Asks for a place, for a call that is no `Service`'s. Never waits.
    ///
    /// # Errors
    ///
    /// When all places that a call of [this class](crate::Criticality::current) may take are taken, or somebody waits for the free one.
    pub fn try_enter(&self) -> Result<BulkheadGuard, Rejection> {
        BulkheadGuard::enter(&self.core)
    }

    /// Waits for a place, for a call that is no `Service`'s.
    ///
    /// It waits as the calls of services do, and in one queue with them, as a call of the
    /// [class](crate::Criticality::current) that is around `enter`: no longer than
    /// [`max_wait`](super::BulkheadBuilder::max_wait) and the [`Deadline`](crate::Deadline) around the first poll allow. Without a
    /// queue it does not wait.
    ///
    /// # Errors
    ///
    /// When the services of the layer would reject the call: no place is free and there is no queue, or it is full, or it is
    /// pushed out, or the wait is over.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use palisade::BulkheadLayer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let bulkhead = BulkheadLayer::builder(1).max_wait(Duration::from_secs(1)).build()?.handle();
    /// let place = bulkhead.enter().await?;
    /// let next = tokio::spawn(bulkhead.enter());
    /// drop(place);
    /// let place = next.await??;
    /// # drop(place);
    /// # Ok(())
    /// # }
    /// ```
    pub fn enter(&self) -> Turn {
        Turn::new(&self.core, self.line)
    }
}

impl Shown for BulkheadHandle {
    fn listed(&self) -> &dyn Listed {
        let core: &Core = &self.core;
        core
    }
}
