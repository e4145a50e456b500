//! The service and the future of limits that let calls wait.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tower::{BoxError, Service};

use super::{End, Oneshot, POLLED_AGAIN, ResponseFuture, Wait};
use crate::error::Error;

/// Calls the inner service as soon as a limit lets the call pass.
///
/// Made by an [`AdmissionLayer`](super::AdmissionLayer).
#[derive(Clone, Debug)]
pub struct Waiting<S, A, E> {
    inner: S,
    admit: A,
    end: E,
}

impl<S, A, E> Waiting<S, A, E> {
    pub(super) const fn new(inner: S, admit: A, end: E) -> Self {
        Self { inner, admit, end }
    }
}

impl<S, Request, A, E> Service<Request> for Waiting<S, A, E>
where
    S: Service<Request> + Clone,
    S::Error: Into<BoxError> + 'static,
    A: Wait<Request>,
    E: End<A::Guard, S::Response> + Clone,
{
    type Response = E::Response;
    type Error = Error;
    type Future = WaitingFuture<S, Request, A, E>;

    /// Is ready: the clone that will be called is readied when it has its place.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        WaitingFuture {
            step: match self.admit.wait(&request) {
                Ok(wait) => {
                    Step::Waits { wait, call: Some((self.inner.clone(), request, self.end.clone())), has_waited: false }
                }
                Err(rejection) => Step::Sent { sent: ResponseFuture::rejected(rejection) },
            },
        }
    }
}

pin_project! {
    /// The future of a [`Waiting`] service's call.
    ///
    /// # Cancellation
    ///
    /// Dropped while it waits, it gives up its turn. Dropped later, it drops the call, and then its guard, unsettled.
    ///
    /// # Panics
    ///
    /// As the wait of the limit does: that of a bulkhead does when it has to wait with a limit outside a tokio runtime with a timer.
    #[must_use = "futures do nothing unless polled"]
    pub struct WaitingFuture<S, Request, A, E>
    where
        S: Service<Request>,
        A: Wait<Request>,
    {
        #[pin]
        step: Step<S, Request, A, E>,
    }
}

pin_project! {
    #[project = StepProj]
    enum Step<S, Request, A, E>
    where
        S: Service<Request>,
        A: Wait<Request>,
    {
        Waits { #[pin] wait: A::Waiting, call: Option<(S, Request, E)>, has_waited: bool },
        Sent { #[pin] sent: ResponseFuture<Oneshot<S, Request>, A::Guard, E> },
    }
}

impl<S, Request, A, E> Future for WaitingFuture<S, Request, A, E>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    A: Wait<Request>,
    E: End<A::Guard, S::Response>,
{
    type Output = Result<E::Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut step = self.project().step;
        loop {
            match step.as_mut().project() {
                // Waits -> Sent, when it is its turn: the clone is readied and called under the guard.
                StepProj::Waits { wait, call, has_waited } => {
                    let Poll::Ready(admitted) = wait.poll(cx) else {
                        *has_waited = true;
                        return Poll::Pending;
                    };
                    let guard = admitted.map_err(Error::Rejected)?;
                    let (service, request, end) = call.take().expect(POLLED_AGAIN);
                    let sent = ResponseFuture::sent(Oneshot::after(*has_waited, service, request), guard, end);
                    step.set(Step::Sent { sent });
                }
                StepProj::Sent { sent } => return sent.poll(cx),
            }
        }
    }
}

impl<S: Service<Request>, Request, A: Wait<Request>, E> fmt::Debug for WaitingFuture<S, Request, A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitingFuture").finish_non_exhaustive()
    }
}
