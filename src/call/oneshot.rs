//! One call to a service of its own: readies it, then calls it.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower::Service;

pin_project! {
    /// Polls a service ready and calls it, the very instance.
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
        Readying { service: S, request: Option<Request> },
        Sent { #[pin] future: Fut },
    }
}

impl<S: Service<Request>, Request> Oneshot<S, Request> {
    pub(crate) const fn new(service: S, request: Request) -> Self {
        Self { step: Step::Readying { service, request: Some(request) } }
    }
}

impl<S: Service<Request>, Request> Future for Oneshot<S, Request> {
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut step = self.project().step;
        loop {
            match step.as_mut().project() {
                StepProj::Sent { future } => return future.poll(cx),
                // Readying -> Sent, when the service is ready. An error of its readiness is the call's result.
                StepProj::Readying { service, request } => {
                    ready!(service.poll_ready(cx))?;
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
