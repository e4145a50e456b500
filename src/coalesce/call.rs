//! The call below, which callers share.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower::{BoxError, Service};

use super::share::Share;
use crate::call::Oneshot;
use crate::context::Detached;
use crate::error::Error;

/// A call with what is around the caller who began it.
pub(super) type Call<S, Request, E> = Detached<Calling<S, Request, E>>;

pin_project! {
    /// Readies a service, calls it, and gathers the response.
    pub(super) struct Calling<S, Request, E>
    where
        S: Service<Request>,
        E: Share<S::Response>,
    {
        #[pin]
        step: Step<Oneshot<S, Request>, E::Gather>,
        share: E,
    }
}

pin_project! {
    #[project = StepProj]
    enum Step<C, G> {
        Calling { #[pin] call: C },
        Gathering { #[pin] gather: G },
    }
}

impl<S, Request, E> Calling<S, Request, E>
where
    S: Service<Request>,
    E: Share<S::Response>,
{
    pub(super) const fn new(service: S, request: Request, share: E) -> Self {
        // A caller may make it who has waited in vain for another's.
        Self { step: Step::Calling { call: Oneshot::after(true, service, request) }, share }
    }
}

impl<S, Request, E> Future for Calling<S, Request, E>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    E: Share<S::Response>,
{
    type Output = Result<E::Shared, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.step.as_mut().project() {
                // Calling => (Gathering | end): the service has responded, or failed.
                StepProj::Calling { call } => {
                    let gather = this.share.gather(ready!(call.poll(cx))?);
                    this.step.set(Step::Gathering { gather });
                }
                // Gathering => end: all that is shared is there.
                StepProj::Gathering { gather } => return gather.poll(cx),
            }
        }
    }
}
