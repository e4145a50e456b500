//! The future of one call: its steps, and how it goes from one to the next.
//!
//! ```text
//! Choosing -> Awaiting -> Readying -> Sent -> Choosing -> ...
//! ```
//!
//! It skips `Awaiting` where nothing is awaited before calls go to the replica. It comes back to `Choosing` as long as nothing was
//! sent.

use std::fmt;
use std::ops::ControlFlow::{self, Break, Continue};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower::{BoxError, Service};

use super::call::{Call, Chosen, Waited};
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
        Awaiting { first: Waited, chosen: Option<Chosen> },
        Readying { service: S, chosen: Option<Chosen>, #[pin] limit: Option<Sleep> },
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
                // Choosing => (Awaiting | Readying | end): a replica has the call, or there is none left.
                StepProj::Choosing => call.chosen(),
                // Awaiting => (Readying | Choosing): the replica can be called, or cannot.
                StepProj::Awaiting { first, chosen } => {
                    call.waits();
                    let guard = &mut chosen.as_mut().expect(POLLED_AGAIN).guard;
                    let watch = guard.watch();
                    let first = first.as_mut().poll(cx);
                    watch.over();
                    guard.polled(first.is_pending());
                    let first = ready!(first);
                    call.awaited(chosen.take().expect(POLLED_AGAIN), first)
                }
                // Readying => (Sent | Choosing | end): the replica is ready, or not in time, or its deadline has passed.
                StepProj::Readying { service, chosen, mut limit } => {
                    let guard = &mut chosen.as_mut().expect(POLLED_AGAIN).guard;
                    let watch = guard.watch();
                    let readied = service.poll_ready(cx);
                    watch.over();
                    if readied.is_pending() && call.awaits_readiness() {
                        call.waits();
                        guard.polled(true);
                        if limit.is_none() {
                            limit.set(Some(sleep(call.core.reach.ready_within)));
                        }
                        ready!(limit.as_pin_mut().expect("it was set").poll(cx));
                    }
                    call.readied(service, chosen.take().expect(POLLED_AGAIN), readied)
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
    fn chosen(&mut self) -> Next<S, S::Future, E, E::Response> {
        match self.choose() {
            Err(error) => Break(Err(error)),
            Ok(chosen) => match self.first(&chosen) {
                Some(first) => Continue(Step::Awaiting { first, chosen: Some(chosen) }),
                None => self.readying(chosen),
            },
        }
    }

    #[cold]
    fn awaited(&mut self, chosen: Chosen, first: Result<(), Option<Error>>) -> Next<S, S::Future, E, E::Response> {
        match first {
            Ok(()) => self.readying(chosen),
            Err(error) => self.passes_over(chosen, PassedOver::NotThere, error),
        }
    }

    #[inline]
    fn readying(&self, chosen: Chosen) -> Next<S, S::Future, E, E::Response> {
        let service = self.seat(&chosen).service().expect("it was awaited").clone();
        Continue(Step::Readying { service, chosen: Some(chosen), limit: None })
    }

    #[inline]
    fn readied(
        &mut self,
        service: &mut S,
        chosen: Chosen,
        readied: Poll<Result<(), S::Error>>,
    ) -> Next<S, S::Future, E, E::Response> {
        match readied {
            Poll::Ready(Ok(())) => self.sent(service, chosen),
            Poll::Ready(Err(error)) => {
                let (Chosen { index, guard }, error) = (chosen, Error::lift(error));
                self.end.clone().failed(guard, &error);
                self.pass_over(index, PassedOver::Unready, Some(error));
                Continue(Step::Choosing)
            }
            Poll::Pending => self.passes_over(chosen, PassedOver::NotReady, None),
        }
    }

    #[inline]
    fn sent(&mut self, service: &mut S, chosen: Chosen) -> Next<S, S::Future, E, E::Response> {
        let Chosen { index, mut guard } = chosen;
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
        chosen: Chosen,
        why: PassedOver,
        error: Option<Error>,
    ) -> Next<S, S::Future, E, E::Response> {
        chosen.guard.unsent();
        self.pass_over(chosen.index, why, error);
        Continue(Step::Choosing)
    }
}

impl<S, Request, E, K> fmt::Debug for ResponseFuture<S, Request, E, K>
where
    K: KeepRequest<Request>,
    S: Service<K::Sent>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("passed_over", &self.call.passed_over()).finish_non_exhaustive()
    }
}
