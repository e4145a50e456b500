//! The future of one call.
//!
//! A call is sent when the service is called, as far as it need not wait. What is left to do is the step that the future is in:
//!
//! ```text
//! Awaiting -> Readying -> Sent -> response
//! ```
//!
//! Where a replica does not take the call, the Choosing begins in the same way, as long as nothing was sent.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tower::{BoxError, Service};

use super::call::{Call, Waited};
use super::guard::ReplicaGuard;
use super::used::ReplicaUsed;
use crate::call::copies::KeepRequest;
use crate::call::{self, End, Guard, Mark, POLLED_AGAIN};
use crate::error::Error;

pin_project! {
    #[project = StepProj]
    pub(super) enum Step<S, Fut, E> {
        Choosing,
        Awaiting { first: Waited, guard: Option<ReplicaGuard> },
        // The timer is boxed, because most calls need none and all would be moved with it.
        Readying { service: S, guard: Option<ReplicaGuard>, limit: Option<Pin<Box<Sleep>>> },
        Sent { index: usize, #[pin] sent: call::ResponseFuture<Fut, ReplicaGuard, E> },
        Ended { error: Option<Error> },
    }
}

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
    S: Service<K::Sent> + Clone,
    S::Error: Into<BoxError> + 'static,
    E: End<ReplicaGuard, S::Response> + Clone,
{
    /// Sends the call, as far as it need not wait.
    ///
    /// The future is made in each branch, because a step that is made before would be moved into it.
    #[inline(always)]
    pub(super) fn begin(mut call: Call<S, Request, E, K>) -> Self {
        let Some(choice) = call.choose() else { return Self { step: call.finds_none(), call } };
        match call.try_at(choice) {
            Ok((sent, guard)) => Self { step: call.sent(sent, guard), call },
            Err(step) => Self { step, call },
        }
    }
}

impl<S, Request, E, K> Future for ResponseFuture<S, Request, E, K>
where
    K: KeepRequest<Request>,
    S: Service<K::Sent> + Clone,
    S::Error: Into<BoxError> + 'static,
    E: End<ReplicaGuard, S::Response> + Mark<<E as End<ReplicaGuard, S::Response>>::Response, ReplicaUsed> + Clone,
{
    type Output = Result<E::Response, Error>;

    /// Goes from step to step until the call ends.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (mut step, call) = (this.step, this.call);
        loop {
            let next = match step.as_mut().project() {
                // Choosing => (any step): another replica is tried, or there is none left.
                StepProj::Choosing => call.try_another(),
                // Awaiting => (Readying | Sent | Ended | Choosing): the replica can be called, or cannot.
                StepProj::Awaiting { first, guard } => {
                    let first = ready!(poll_first(first, guard.as_mut().expect(POLLED_AGAIN), cx));
                    call.awaited(guard.take().expect(POLLED_AGAIN), first)
                }
                // Readying => (Sent | Ended | Choosing): the replica is ready, or not in time, or the deadline of the call has passed.
                StepProj::Readying { service, guard, limit } => {
                    let readied = poll_ready(service, guard.as_mut().expect(POLLED_AGAIN), cx);
                    if readied.is_pending() {
                        ready!(call.poll_limit(limit, cx));
                    }
                    call.readied(service, guard.take().expect(POLLED_AGAIN), readied)
                }
                // Sent => (Ended | Choosing | response): an error is the result if the request may have been sent.
                StepProj::Sent { index, sent } => match sent.poll(cx) {
                    Poll::Pending => {
                        call.note(*index);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok(mut response)) => {
                        call.note(*index);
                        call.end.mark(&mut response, || call.used(*index));
                        return Poll::Ready(Ok(response));
                    }
                    Poll::Ready(Err(error)) => call.failed(*index, error),
                },
                // Ended => error: no replica takes the call, or the error of one is the result.
                StepProj::Ended { error } => return Poll::Ready(Err(error.take().expect(POLLED_AGAIN))),
            };
            step.set(next);
        }
    }
}

/// Polls a service ready under the guard of its replica.
fn poll_ready<S: Service<Request>, Request>(
    service: &mut S,
    guard: &mut ReplicaGuard,
    cx: &mut Context<'_>,
) -> Poll<Result<(), S::Error>> {
    let watch = guard.watch();
    let readied = service.poll_ready(cx);
    watch.over();
    guard.polled(readied.is_pending());
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
