//! The service of all limits: asks the limit, then the inner service.

use std::mem;
use std::task::{Context, Poll, Waker};

use tower::{BoxError, Service};

use super::future::fail;
use super::{Admit, End, Guard, ResponseFuture};
use crate::error::{Error, Rejection};
use crate::event::{self, Event};
use crate::source::{Kind, Source};

/// Calls the inner service where a limit lets the call pass.
///
/// Made by an [`AdmissionLayer`](super::AdmissionLayer).
#[derive(Debug)]
pub struct Admission<S, A, E> {
    inner: S,
    /// Whether `inner` was polled ready since it was last called.
    ready: bool,
    admit: A,
    end: E,
}

impl<S, A, E> Admission<S, A, E> {
    pub(super) const fn new(inner: S, admit: A, end: E) -> Self {
        Self { inner, ready: false, admit, end }
    }

    /// Records that the inner service failed to become ready.
    #[cold]
    fn unready<Request>(&self, error: S::Error) -> Error
    where
        S: Service<Request>,
        S::Error: Into<BoxError> + 'static,
        A: Admit<Request>,
        E: End<A::Guard, S::Response> + Clone,
    {
        match self.admit.admit_unready() {
            Some(guard) => fail(guard, self.end.clone(), error),
            None => Error::lift(error),
        }
    }

    /// Polls the inner service ready for a call that was let through though `poll_ready` skipped it.
    ///
    /// `poll_ready` found the limit refusing, and it let the call pass all the same. There is no task to wake here, so one look
    /// must do.
    #[cold]
    fn make_ready<Request>(&mut self, mut guard: A::Guard) -> Result<A::Guard, Error>
    where
        S: Service<Request>,
        S::Error: Into<BoxError> + 'static,
        A: Admit<Request>,
        E: End<A::Guard, S::Response> + Clone,
    {
        let watch = guard.watch();
        let ready = self.inner.poll_ready(&mut Context::from_waker(Waker::noop()));
        watch.over();
        match ready {
            Poll::Ready(Ok(())) => Ok(guard),
            // Whatever the guard says, a service that is not ready is not called.
            Poll::Pending => Err(Error::Rejected(guard.refuse().unwrap_or_else(not_ready))),
            Poll::Ready(Err(error)) => Err(fail(guard, self.end.clone(), error)),
        }
    }
}

/// Rejects a call for a guard that does not.
fn not_ready() -> Rejection {
    let rejection = Rejection::unnamed();
    event::tell_often(|| (Source::new(Kind::Custom, rejection.name()), Event::Rejected(&rejection)));
    rejection
}

impl<S, Request, A, E> Service<Request> for Admission<S, A, E>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    A: Admit<Request>,
    E: End<A::Guard, S::Response> + Clone,
{
    type Response = E::Response;
    type Error = Error;
    type Future = ResponseFuture<S::Future, A::Guard, E>;

    /// Is ready without asking the inner service where the limit is refusing: the result will be a rejection.
    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if A::MAY_REFUSE && self.admit.is_refusing() {
            return Poll::Ready(Ok(()));
        }
        let polled = self.inner.poll_ready(cx);
        if A::MAY_REFUSE {
            self.ready = matches!(polled, Poll::Ready(Ok(())));
        }
        polled.map_err(|error| self.unready(error))
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        let mut guard = match self.admit.admit(&request) {
            Ok(guard) => guard,
            Err(rejection) => return ResponseFuture::rejected(rejection),
        };
        if A::MAY_REFUSE && !mem::take(&mut self.ready) {
            guard = match self.make_ready(guard) {
                Ok(guard) => guard,
                Err(error) => return ResponseFuture::failed(error),
            };
        }
        let watch = guard.watch();
        let inner = self.inner.call(request);
        watch.over();
        ResponseFuture::sent(inner, guard, self.end.clone())
    }
}

/// A clone has not been polled ready.
impl<S: Clone, A: Clone, E: Clone> Clone for Admission<S, A, E> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.admit.clone(), self.end.clone())
    }
}
