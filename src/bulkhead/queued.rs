//! The future of one call that may queue.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tower::{BoxError, Service};

use super::{BulkheadGuard, future::Held, wait::Wait};
use crate::{Error, Rejection, finish::Finish, oneshot::Oneshot};

pin_project! {
    /// The future of a queueing [`Bulkhead`](super::Bulkhead)'s call.
    ///
    /// # Cancellation
    ///
    /// Dropped while it waits, it leaves the queue; dropped later, it drops the call within, and then gives its place back.
    ///
    /// # Panics
    ///
    /// When it has to wait with a limit, outside a tokio runtime with a timer.
    #[must_use = "futures do nothing unless polled"]
    pub struct QueuedFuture<S, Request, F>
    where
        S: Service<Request>,
    {
        #[pin]
        state: State<S, Request, F>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, Request, F>
    where
        S: Service<Request>,
    {
        Waiting { #[pin] wait: Wait, call: Option<(S, Request, F)> },
        Sent { #[pin] held: Held<Oneshot<S, Request>, F> },
        Rejected { rejection: Rejection },
    }
}

impl<S: Service<Request>, Request, F> QueuedFuture<S, Request, F> {
    pub(super) const fn new(wait: Wait, service: S, request: Request, finish: F) -> Self {
        Self { state: State::Waiting { wait, call: Some((service, request, finish)) } }
    }

    pub(crate) const fn rejected(rejection: Rejection) -> Self {
        Self { state: State::Rejected { rejection } }
    }
}

impl<S, Request, F> Future for QueuedFuture<S, Request, F>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    F: Finish<BulkheadGuard, S::Response>,
{
    type Output = Result<F::Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProj::Sent { held } => return held.poll(cx),
                StateProj::Rejected { rejection } => return Poll::Ready(Err(Error::Rejected(*rejection))),
                StateProj::Waiting { wait, call } => {
                    let guard = ready!(wait.poll(cx)).map_err(Error::Rejected)?;
                    let (service, request, finish) = call.take().expect("a call waits once");
                    state.set(State::Sent { held: Held::new(Oneshot::new(service, request), guard, finish) });
                }
            }
        }
    }
}

impl<S: Service<Request>, Request, F> fmt::Debug for QueuedFuture<S, Request, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueuedFuture").finish_non_exhaustive()
    }
}
