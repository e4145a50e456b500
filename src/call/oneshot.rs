//! One call to a service of its own: readies it, then calls it.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tower::{BoxError, Service};

use crate::context::Deadline;
use crate::error::{Elapsed, Error};

pin_project! {
    /// Polls a service ready and calls it, the very instance.
    ///
    /// A call that has waited is not sent once its [`Deadline`] has come. It fails with [`Error::TimedOut`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Oneshot<S, Request>
    where
        S: Service<Request>,
    {
        #[pin]
        step: Step<S, Request, S::Future>,
    }
}

pin_project! {
    #[project = StepProj]
    enum Step<S, Request, Fut> {
        Readying { service: S, request: Option<Request>, has_waited: bool },
        Sent { #[pin] future: Fut },
    }
}

impl<S: Service<Request>, Request> Oneshot<S, Request> {
    pub(crate) const fn new(service: S, request: Request) -> Self {
        Self::after(false, service, request)
    }

    /// Calls for one who may have waited already.
    pub(crate) const fn after(has_waited: bool, service: S, request: Request) -> Self {
        Self { step: Step::Readying { service, request: Some(request), has_waited } }
    }
}

impl<S: Service<Request>, Request> Future for Oneshot<S, Request>
where
    S::Error: Into<BoxError> + 'static,
{
    type Output = Result<S::Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut step = self.project().step;
        loop {
            match step.as_mut().project() {
                StepProj::Sent { future } => return future.poll(cx).map_err(Error::lift),
                // Readying -> (Sent | end), when the service is ready. An error of its readiness is the call's result.
                StepProj::Readying { service, request, has_waited } => {
                    let Poll::Ready(ready) = service.poll_ready(cx) else {
                        *has_waited = true;
                        return Poll::Pending;
                    };
                    ready.map_err(Error::lift)?;
                    if *has_waited && Deadline::current().is_some_and(Deadline::has_come) {
                        return Poll::Ready(Err(Error::TimedOut(Elapsed::not_sent(Duration::ZERO))));
                    }
                    let request = request.take().expect("a request is sent once");
                    let future = service.call(request);
                    step.set(Step::Sent { future });
                }
            }
        }
    }
}

impl<S: Service<Request>, Request> fmt::Debug for Oneshot<S, Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oneshot").finish_non_exhaustive()
    }
}
