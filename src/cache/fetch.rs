//! One call to the service, which is made once for all who wait for it.

use std::fmt;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::Arc; // as in `kept`
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower::{BoxError, Service};

use super::keep::{Around, Keep};
use super::landed::{Landed, Purpose, kept_meanwhile, land, pass};
use super::shared::Core;
use crate::call::{Oneshot, POLLED_AGAIN};
use crate::error::Error;
use crate::time::Nanos;

/// A call to a service, by its types.
pub trait Call {
    /// What responses are kept by.
    type Key: Hash + Eq + Clone + Send + Sync + 'static;

    /// A response as it is kept.
    type Value: Send + Sync + 'static;

    /// What callers get.
    type Response;
}

pin_project! {
    /// One call to the inner service of a cache.
    #[must_use = "futures do nothing unless polled"]
    pub struct Fetch<S, Request, P>
    where
        S: Service<Request>,
        P: Keep<Request, S::Response>,
    {
        #[pin]
        step: Step<S, Request, P::Asked, P::Reading>,
        keep: P,
        core: Arc<Core<P::Key, P::Kept>>,
        purpose: Purpose<P::Key, P::Kept>,
        is_shared: bool,
        began: Nanos,
    }
}

pin_project! {
    #[project = StepProj]
    enum Step<S, Request, Asked, Reading>
    where
        S: Service<Request>,
    {
        Unsent { unsent: Option<(S, Request)> },
        Called { #[pin] call: Oneshot<S, Request>, asked: Option<Asked> },
        Reading { #[pin] reading: Reading },
    }
}

impl<S, Request, P> Call for Fetch<S, Request, P>
where
    S: Service<Request>,
    P: Keep<Request, S::Response>,
{
    type Key = P::Key;
    type Value = P::Kept;
    type Response = P::Response;
}

impl<S, Request, P> Fetch<S, Request, P>
where
    S: Service<Request>,
    P: Keep<Request, S::Response>,
{
    pub(super) const fn new(
        service: S,
        request: Request,
        keep: P,
        core: Arc<Core<P::Key, P::Kept>>,
        purpose: Purpose<P::Key, P::Kept>,
        is_shared: bool,
    ) -> Self {
        Self {
            step: Step::Unsent { unsent: Some((service, request)) },
            keep,
            core,
            purpose,
            is_shared,
            began: Nanos(0),
        }
    }

    /// The request, as long as it was not sent.
    pub(super) fn request(&self) -> Option<&Request> {
        match &self.step {
            Step::Unsent { unsent: Some((_, request)) } => Some(request),
            _ => None,
        }
    }

    pub(super) fn set_purpose(self: Pin<&mut Self>, purpose: Purpose<P::Key, P::Kept>) {
        *self.project().purpose = purpose;
    }

    /// Nobody shares it.
    pub(super) fn set_alone(self: Pin<&mut Self>) {
        *self.project().is_shared = false;
    }
}

impl<S, Request, P> Future for Fetch<S, Request, P>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    P: Keep<Request, S::Response>,
{
    type Output = Result<Landed<P::Kept, P::Response>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.step.as_mut().project() {
                // Unsent => (Called | end): nobody has kept the response since the caller looked for it.
                StepProj::Unsent { unsent } => {
                    let (service, mut request) = unsent.take().expect(POLLED_AGAIN);
                    if let Some(entry) = kept_meanwhile(this.keep, this.core, this.purpose, &request) {
                        return Poll::Ready(Ok(Landed::shared(entry, false)));
                    }
                    *this.began = this.core.clock.now();
                    if *this.is_shared {
                        this.keep.share(&mut request);
                    }
                    let asked = matches!(this.purpose, Purpose::Key { .. }).then(|| this.keep.ask(&request));
                    // A caller may make it who has waited in vain for another's.
                    Step::Called { call: Oneshot::after(true, service, request), asked }
                }
                // Called => (Reading | end): the response is there. It is read if it may be kept.
                StepProj::Called { call, asked } => {
                    let response = ready!(call.poll(cx))?;
                    if let Purpose::Pass { spoils } = this.purpose {
                        return Poll::Ready(Ok(pass(this.keep, this.core, spoils, response)));
                    }
                    let asked = asked.take().expect(POLLED_AGAIN);
                    let stands_in = this.purpose.has_stand_in(&this.core.clock);
                    let around = Around { set: this.core.settings.terms(), stands_in };
                    Step::Reading { reading: this.keep.read(asked, response, around) }
                }
                // Reading => end: as much is read as is needed.
                StepProj::Reading { reading } => {
                    let read = ready!(reading.poll(cx))?;
                    return Poll::Ready(Ok(land(this.keep, this.core, this.purpose, *this.began, read)));
                }
            };
            this.step.set(next);
        }
    }
}

impl<S, Request, P> fmt::Debug for Fetch<S, Request, P>
where
    S: Service<Request>,
    P: Keep<Request, S::Response>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetch").field("name", &self.core.row.name()).finish_non_exhaustive()
    }
}
