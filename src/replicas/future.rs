//! The future of one call: its steps, and how it goes from one to the next.
//!
//! ```text
//! Choosing -> Awaiting -> Readying -> Sent -> Choosing -> ...
//! ```
//!
//! It skips `Awaiting` where nothing is awaited before calls go to the replica, and `Readying` where the replica is ready at once. It comes
//! back to `Choosing` as long as nothing was sent.

use std::fmt;
use std::mem;
use std::ops::ControlFlow::{self, Break, Continue};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower::{BoxError, Service};

use super::call::{Call, Waited};
use super::guard::ReplicaGuard;
use super::mark::Mark;
use crate::call::copies::KeepRequest;
use crate::call::{self, End, Guard, POLLED_AGAIN};
use crate::error::Error;
use crate::state::replicas::PassedOver;

pin_project! {
    #[project = StepProj]
    enum Step<S, Fut, E> {
        Choosing,
        Awaiting { first: Waited, guard: Option<ReplicaGuard> },
        // The timer is boxed, because most calls need none and all would be moved with it.
        Readying { service: S, guard: Option<ReplicaGuard>, limit: Pin<Box<Sleep>>, was_polled: bool },
        Sent { index: usize, #[pin] sent: call::ResponseFuture<Fut, ReplicaGuard, E> },
    }
}

/// The step after this one, or the result of the call.
type Next<S, Fut, E, T> = ControlFlow<Result<T, Error>, Step<S, Fut, E>>;

pin_project! {
    /// The future of a call of [`Replicas`](super::Replicas).
    ///
    /// # Cancellation
    ///
    /// Dropped at any time, it drops the call, and then its guard, unsettled.
    ///
    /// # Panics
    ///
    /// When it has to wait for a replica to become ready, outside a tokio runtime with a timer.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, Request, E, K>
    where
        K: KeepRequest<Request>,
        S: Service<K::Sent>,
    {
        #[pin]
        step: Step<S, S::Future, E>,
        call: Call<S, Request, E, K>,
    }
}

impl<S, Request, E, K> ResponseFuture<S, Request, E, K>
where
    K: KeepRequest<Request>,
    S: Service<K::Sent>,
{
    pub(super) const fn new(call: Call<S, Request, E, K>) -> Self {
        Self { step: Step::Choosing, call }
    }
}

impl<S, Request, E, K> Future for ResponseFuture<S, Request, E, K>
where
    K: KeepRequest<Request>,
    S: Service<K::Sent> + Clone,
    S::Error: Into<BoxError> + 'static,
    E: End<ReplicaGuard, S::Response> + Mark<<E as End<ReplicaGuard, S::Response>>::Response> + Clone,
{
    type Output = Result<E::Response, Error>;

    /// Goes from step to step until the call ends.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (mut step, call) = (this.step, this.call);
        loop {
            let next = match step.as_mut().project() {
                // Choosing => (Awaiting | Readying | Sent | Choosing | end): a replica has the call, or there is none left.
                StepProj::Choosing => call.chosen(cx),
                // Awaiting => (Readying | Sent | Choosing | end): the replica can be called, or cannot.
                StepProj::Awaiting { first, guard } => {
                    call.waits();
                    let first = ready!(poll_first(first, guard.as_mut().expect(POLLED_AGAIN), cx));
                    call.awaited(guard.take().expect(POLLED_AGAIN), first, cx)
                }
                // Readying => (Sent | Choosing | end): the replica is ready, or not in time, or the deadline of the call has passed.
                StepProj::Readying { service, guard, limit, was_polled } => {
                    let readied = match guard {
                        Some(guard) if !mem::take(was_polled) => poll_ready(service, guard, cx),
                        _ => Poll::Pending,
                    };
                    if readied.is_pending() {
                        ready!(limit.as_mut().poll(cx));
                    }
                    call.readied(service, guard.take().expect(POLLED_AGAIN), readied)
                }
                // Sent => (Choosing | end): the response is the result; an error is, if the request may have been sent.
                StepProj::Sent { index, sent } => match ready!(sent.poll(cx)) {
                    Ok(mut response) => {
                        call.note(*index);
                        call.end.mark(&mut response, || call.used(*index));
                        return Poll::Ready(Ok(response));
                    }
                    Err(error) => call.failed(*index, error),
                },
            };
            match next {
                Continue(next) => step.set(next),
                Break(result) => return Poll::Ready(result),
            }
        }
    }
}

impl<S, Request, E, K> Call<S, Request, E, K>
where
    K: KeepRequest<Request>,
    S: Service<K::Sent> + Clone,
    S::Error: Into<BoxError> + 'static,
    E: End<ReplicaGuard, S::Response> + Clone,
{
    #[inline]
    fn chosen(&mut self, cx: &mut Context<'_>) -> Next<S, S::Future, E, E::Response> {
        match self.choose() {
            Err(error) => Break(Err(error)),
            Ok(guard) => match self.first(&guard) {
                Some(first) => Continue(Step::Awaiting { first, guard: Some(guard) }),
                None => self.readying(guard, cx),
            },
        }
    }

    #[cold]
    fn awaited(
        &mut self,
        guard: ReplicaGuard,
        first: Result<(), Option<Error>>,
        cx: &mut Context<'_>,
    ) -> Next<S, S::Future, E, E::Response> {
        match first {
            Ok(()) => self.readying(guard, cx),
            Err(error) => self.passes_over(guard, PassedOver::NotThere, error),
        }
    }

    #[inline(always)]
    fn readying(&mut self, mut guard: ReplicaGuard, cx: &mut Context<'_>) -> Next<S, S::Future, E, E::Response> {
        let mut service = self.seat(&guard).service().expect("it was awaited").clone();
        match poll_ready(&mut service, &mut guard, cx) {
            Poll::Ready(Ok(())) => self.sent(&mut service, guard),
            Poll::Pending if self.awaits_readiness() => self.waiting(service, guard),
            readied => self.readied(&mut service, guard, readied),
        }
    }

    #[cold]
    fn waiting(&mut self, service: S, guard: ReplicaGuard) -> Next<S, S::Future, E, E::Response> {
        self.waits();
        // Boxed, because nearly no call waits, and each would carry room for it.
        let limit = Box::pin(sleep(self.core().reach.ready_within));
        Continue(Step::Readying { service, guard: Some(guard), limit, was_polled: true })
    }

    #[cold]
    fn readied(
        &mut self,
        service: &mut S,
        guard: ReplicaGuard,
        readied: Poll<Result<(), S::Error>>,
    ) -> Next<S, S::Future, E, E::Response> {
        match readied {
            Poll::Ready(Ok(())) => self.sent(service, guard),
            Poll::Ready(Err(error)) => {
                let (index, error) = (guard.index, Error::lift(error));
                self.end.clone().failed(guard, &error);
                self.pass_over(index, PassedOver::Unready, Some(error));
                Continue(Step::Choosing)
            }
            Poll::Pending => self.passes_over(guard, PassedOver::NotReady, None),
        }
    }

    #[inline(always)]
    fn sent(&mut self, service: &mut S, mut guard: ReplicaGuard) -> Next<S, S::Future, E, E::Response> {
        let index = guard.index;
        let request = match self.take_request() {
            Ok(request) => request,
            Err(error) => return Break(Err(error)),
        };
        guard.sends();
        let watch = guard.watch();
        let inner = service.call(request);
        watch.over();
        Continue(Step::Sent { index, sent: call::ResponseFuture::sent(inner, guard, self.end.clone()) })
    }

    /// Goes on, or ends the call: the replica has failed, and its guard is settled.
    #[cold]
    fn failed(&mut self, index: usize, error: Error) -> Next<S, S::Future, E, E::Response> {
        let Some(why) = self.unsent(&error) else {
            self.note(index);
            return Break(Err(error));
        };
        self.pass_over(index, why, Some(error));
        Continue(Step::Choosing)
    }

    #[cold]
    fn passes_over(
        &mut self,
        guard: ReplicaGuard,
        why: PassedOver,
        error: Option<Error>,
    ) -> Next<S, S::Future, E, E::Response> {
        let index = guard.index;
        guard.unsent(error.as_ref().and_then(Error::rejection));
        self.pass_over(index, why, error);
        Continue(Step::Choosing)
    }
}

/// Polls a service ready under the guard of its replica.
#[inline]
fn poll_ready<S: Service<Request>, Request>(
    service: &mut S,
    guard: &mut ReplicaGuard,
    cx: &mut Context<'_>,
) -> Poll<Result<(), S::Error>> {
    let watch = guard.watch();
    let readied = service.poll_ready(cx);
    watch.over();
    if readied.is_pending() {
        guard.polled(true);
    }
    readied
}

/// Polls what is awaited before calls go to a replica, under its guard.
fn poll_first(first: &mut Waited, guard: &mut ReplicaGuard, cx: &mut Context<'_>) -> Poll<Result<(), Option<Error>>> {
    let watch = guard.watch();
    let first = first.as_mut().poll(cx);
    watch.over();
    guard.polled(first.is_pending());
    first
}

impl<S, Request, E, K> fmt::Debug for ResponseFuture<S, Request, E, K>
where
    K: KeepRequest<Request>,
    S: Service<K::Sent>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("passed_over", &self.call.tried().len()).finish_non_exhaustive()
    }
}
