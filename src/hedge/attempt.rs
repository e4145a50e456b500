//! One attempt of a call, from a service that is not ready yet to a result that was judged.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower::{BoxError, Service};

use super::call::{Call, Ended};
use crate::call::POLLED_AGAIN;
use crate::call::budget::Token;
use crate::call::copies::{KeepRequest, KeepResponse, LOOK_FOR, is_late};
use crate::outcome::Classify;

pin_project! {
    /// What an attempt waits for. A `token` pays for a hedge.
    #[project = AttemptProj]
    pub(super) enum Attempt<Fut, S, Kept, Response, Ahead> {
        /// The inner service to be ready.
        Readying { service: S, unsent: Option<(Kept, Token)> },
        /// The result.
        Sent { #[pin] future: Fut },
        /// What comes after the head of its response, up to a time limit.
        Looking { #[pin] limit: Sleep, response: Option<Response>, ahead: Ahead },
        /// Nothing: it has ended.
        Ended,
    }
}

impl<Fut, S, Kept, Response, Ahead> Attempt<Fut, S, Kept, Response, Ahead> {
    /// A first attempt.
    pub(super) const fn sent(future: Fut) -> Self {
        Self::Sent { future }
    }

    /// A hedge.
    pub(super) fn readying((service, request, token): (S, Kept, Token)) -> Self {
        Self::Readying { service, unsent: Some((request, token)) }
    }
}

/// An attempt of a call.
pub(super) type AttemptOf<S, Request, K> = Attempt<
    <S as Service<<K as KeepRequest<Request>>::Sent>>::Future,
    S,
    <K as KeepRequest<Request>>::Kept,
    <S as Service<<K as KeepRequest<Request>>::Sent>>::Response,
    <K as KeepResponse<<S as Service<<K as KeepRequest<Request>>::Sent>>::Response>>::Ahead,
>;

impl<S, Request, C, K> Call<S, Request, C, K>
where
    S: Service<K::Sent> + Clone,
    S::Error: Into<BoxError> + 'static,
    C: Classify<S::Response>,
    K: KeepRequest<Request> + KeepResponse<S::Response>,
{
    /// Polls the attempt of this number, which is over once it has ended.
    #[inline(always)]
    pub(super) fn poll_attempt(
        &mut self,
        number: u32,
        mut attempt: Pin<&mut AttemptOf<S, Request, K>>,
        cx: &mut Context<'_>,
    ) -> Poll<Ended<K::Response>> {
        loop {
            let next = match attempt.as_mut().project() {
                // Readying => (Sent | Ended): the service is ready, or its error is the result, or the deadline has passed.
                AttemptProj::Readying { service, unsent } => {
                    let ready = ready!(self.run(number, || service.poll_ready(cx)));
                    let (request, token) = unsent.take().expect(POLLED_AGAIN);
                    match ready {
                        Ok(()) if is_late(&self.keep, &request, Duration::ZERO) => {
                            attempt.set(Attempt::Ended);
                            return Poll::Ready(self.late(number));
                        }
                        Ok(()) => Attempt::sent(self.send(number, service, request, token)),
                        Err(error) => {
                            // The token goes back first, because the next hedge may need it.
                            drop(token);
                            attempt.set(Attempt::Ended);
                            return Poll::Ready(self.failed(error));
                        }
                    }
                }
                // Sent => (Looking | Ended): the head of the response may not show yet whether the call failed.
                AttemptProj::Sent { future } => match ready!(self.run(number, || future.poll(cx))) {
                    Ok(mut response) => {
                        let mut ahead = K::Ahead::default();
                        if self.keep.poll_ahead(&mut response, &mut ahead, cx).is_ready() {
                            attempt.set(Attempt::Ended);
                            return Poll::Ready(self.answered(response, ahead));
                        }
                        Attempt::Looking { limit: sleep(LOOK_FOR), response: Some(response), ahead }
                    }
                    Err(error) => {
                        attempt.set(Attempt::Ended);
                        return Poll::Ready(self.failed(error));
                    }
                },
                // Looking => Ended: that is known, or takes too long, and the head alone counts.
                AttemptProj::Looking { limit, response, ahead } => {
                    if self.keep.poll_ahead(response.as_mut().expect(POLLED_AGAIN), ahead, cx).is_pending() {
                        ready!(limit.poll(cx));
                    }
                    let response = response.take().expect(POLLED_AGAIN);
                    let ahead = mem::take(ahead);
                    attempt.set(Attempt::Ended);
                    return Poll::Ready(self.answered(response, ahead));
                }
                AttemptProj::Ended => return Poll::Pending,
            };
            attempt.set(next);
        }
    }
}
