//! A law is written once, and holds for every stack that it is about.

mod bounds;
mod dropping;
mod every_poll;
#[cfg(feature = "chaos")]
mod faults;
mod handles;
mod late;
mod listed;
mod panics;
mod readiness;
mod stale;
mod time;

use std::any::Any;
use std::cell::Cell;
use std::future::pending;
use std::mem::replace;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use palisade::{
    Backoff, Budget, BulkheadLayer, CircuitBreakerLayer, CircuitHandle, Deadline, Elapsed, Error, FallbackLayer,
    Jitter, Name, Outcome, Phase, RejectionReason, RetryLayer, TimeoutLayer, fallback,
};
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::calls::Call;
use crate::layers::{self, PAUSE, PLACES, PROBES, STALE, TOKENS};
use crate::remains::{Delays, Ended, FallsBack, Handles, Limit, Streams};
use crate::stacks::{Boxed, Stack};
use crate::support::inner::Answer::{After, Echo, Held, Never, PanicsInPoll, PanicsInSecondPoll};
use crate::support::inner::Readiness::{Fails, Late, Panics, Ready, Stalled};
use crate::support::inner::{Answer, Inner, PANICS, Readiness, is_by_plan};
use crate::support::time::just_before;
use crate::support::{Down, chain, now, paused, reason};
use crate::{calls, stacks};

const SECOND: Duration = Duration::from_secs(1);

/// A stack, by its name.
pub(crate) type Row = (&'static str, fn(Inner, At) -> Stack);

/// Over HTTP, what the plan of [`Inner`] says of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum At {
    /// Before the head of the response. Its body only pends once.
    Head,
    /// In the body, after its first frame. The head comes at once, and is a 200.
    Body,
}

/// Builds a stack over an inner service.
#[derive(Clone, Copy)]
pub(crate) struct Build(Row, At);

impl Build {
    pub(crate) fn over(self, inner: Inner) -> Stack {
        self.0.1(inner, self.1)
    }
}

/// Which stacks a law is about.
pub(crate) type Kind = fn(&Handles) -> bool;

pub(crate) fn stack(_: &Handles) -> bool {
    true
}

pub(crate) fn circuit(handles: &Handles) -> bool {
    handles.all::<CircuitHandle>().next().is_some()
}

/// A limit on how many calls there are at a time.
pub(crate) fn places(handles: &Handles) -> bool {
    handles.each().any(|handle| handle.taken().is_some())
}

pub(crate) fn bulkhead(handles: &Handles) -> bool {
    handles.bulkheads().next().is_some()
}

pub(crate) fn queue(handles: &Handles) -> bool {
    handles.bulkheads().any(|bulkhead| bulkhead.name().as_str() == "queue")
}

pub(crate) fn retry(handles: &Handles) -> bool {
    handles.all::<Budget>().next().is_some()
}

pub(crate) fn limit(handles: &Handles) -> bool {
    handles.all::<Limit>().next().is_some()
}

/// A call that need not wait is sent at once, by the service that is ready for it.
pub(crate) fn prompt(handles: &Handles) -> bool {
    handles.all::<Delays>().next().is_none()
}

/// Responses end with their heads.
pub(crate) fn plain(handles: &Handles) -> bool {
    handles.all::<Streams>().next().is_none()
}

/// All stacks of a kind; over HTTP each of them twice.
pub(crate) fn all(kind: Kind) -> impl Iterator<Item = Build> {
    let plain = stacks::ROWS.iter().map(|&row| Build(row, At::Head));
    plain.chain(over_http()).filter(move |build| kind(&build.over(Inner::default()).handles))
}

#[cfg(feature = "http")]
fn over_http() -> impl Iterator<Item = Build> {
    crate::over_http::ROWS.iter().flat_map(|&row| [Build(row, At::Head), Build(row, At::Body)])
}

#[cfg(not(feature = "http"))]
fn over_http() -> [Build; 0] {
    []
}

/// Asserts that a law holds for all stacks of a kind over such an inner service.
pub(crate) fn holds_for(kind: Kind, inner: impl Fn() -> Inner, law: impl AsyncFn(Stack)) {
    holds_over(kind, async |build| law(build.over(inner())).await);
}

/// The same, of a law that builds stacks as it needs them.
pub(crate) fn holds_over(kind: Kind, law: impl AsyncFn(Build)) {
    every(kind, |build| paused(law(build)));
}

/// Runs a law for all stacks of a kind, and names those for which it does not hold.
pub(crate) fn every(kind: Kind, law: impl Fn(Build)) {
    let breaks = |build: &Build| catch_unwind(AssertUnwindSafe(|| law(*build))).is_err();
    let broken: Vec<_> = all(kind).filter(breaks).map(|Build((name, _), at)| (name, at)).collect();
    assert!(broken.is_empty(), "this does not hold for {broken:?}");
}
