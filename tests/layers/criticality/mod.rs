//! How much a call matters, as every layer below sees it. What it decides is claimed in `src/state/tests/permits/classes.rs` and
//! `src/state/tests/budget`.

#![expect(clippy::unwrap_used, reason = "what a test unwraps is what it claims")]

mod budget;
mod bulkhead;
mod events;
mod queue;
mod scope;

use std::future::{Ready, poll_fn};
use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, lazy};
use palisade::criticality::By;
use palisade::{
    Backoff, Budget, BulkheadBuilder, BulkheadHandle, BulkheadLayer, Criticality, CriticalityLayer, Error, QueueLayer,
    RejectionReason, RetryLayer, TimeoutLayer,
};
use tokio_test::task::Spawn;
use tokio_test::{assert_pending, task};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use Criticality::{Critical, CriticalPlus, Sheddable, SheddablePlus};

use crate::support::services::{begin, call, coded, down, hung, panics, up};
use crate::support::time::{MILLI, YEAR};
use crate::support::{Down, Strict, reason, strict};

type ByItself = CriticalityLayer<By<fn(&Criticality) -> Criticality>>;

/// Each request says itself how much it matters.
fn by_itself() -> ByItself {
    CriticalityLayer::by(|class| *class)
}

/// Answers how much the call and its poll matter.
fn asking() -> Strict<impl FnMut(Criticality) -> BoxFuture<'static, Result<[Criticality; 2], Down>> + Clone> {
    strict(|_| {
        let called = Criticality::current();
        async move { Ok([called, Criticality::current()]) }.boxed()
    })
}
