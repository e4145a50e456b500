//! One call to a service of its own: readies it, then calls it.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tower::Service;

pin_project! {
    /// Polls a service ready and calls it, the very instance.
    #[project = OneshotProj]
    pub(crate) enum Oneshot<S, Request>
    where
        S: Service<Request>,
    {
        Readying { service: S, request: Option<Request> },
        Sent { #[pin] future: S::Future },
    }
}

impl<S: Service<Request>, Request> Oneshot<S, Request> {
    pub(crate) const fn new(service: S, request: Request) -> Self {
        Self::Readying { service, request: Some(request) }
    }
}

impl<S: Service<Request>, Request> Future for Oneshot<S, Request> {
    type Output = Result<S::Response, S::Error>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.as_mut().project() {
                OneshotProj::Sent { future } => return future.poll(cx),
                OneshotProj::Readying { service, request } => {
                    ready!(service.poll_ready(cx))?;
                    let request = request.take().expect("a request is sent once");
                    let future = service.call(request);
                    self.set(Self::Sent { future });
                }
            }
        }
    }
}
