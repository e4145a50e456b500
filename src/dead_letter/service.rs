//! The service: it makes the call, and its future the letter.

use std::task::{Context, Poll, ready};

use tower::{BoxError, Service};

use super::accept::Accept;
use super::copy::KeepLetter;
use super::future::{Call, ResponseFuture, State};
use super::losses::Losses;
use super::rules::Rules;
use super::sink::Sink;
use crate::cached_arc::CachedArc;
use crate::error::Error;
use crate::outcome::Classify;
use crate::registry::Entry;

/// Hands over calls that finally failed.
///
/// Made by a [`DeadLetterLayer`](super::DeadLetterLayer).
#[derive(Debug)]
pub struct DeadLettered<S, Q, R = Rules> {
    inner: S,
    /// Why the inner service failed to become ready. The next call fails by it.
    unready: Option<Error>,
    sink: Q,
    rules: R,
    entry: Entry,
    losses: CachedArc<Losses>,
}

impl<S, Q, R> DeadLettered<S, Q, R> {
    pub(super) const fn new(inner: S, sink: Q, rules: R, entry: Entry, losses: CachedArc<Losses>) -> Self {
        Self { inner, unready: None, sink, rules, entry, losses }
    }
}

impl<S, Request, Q, C, K, A> Service<Request> for DeadLettered<S, Q, Rules<C, K, A>>
where
    S: Service<K::Sent>,
    S::Error: Into<BoxError> + 'static,
    Q: Sink<K::Letter> + Clone,
    C: Classify<S::Response> + Clone,
    K: KeepLetter<Request> + Clone,
    A: Accept<K::Letter, S::Response> + Clone,
{
    type Response = S::Response;
    type Error = Error;
    type Future = ResponseFuture<S, Request, Q, C, K, A>;

    /// Is ready also when the inner service failed to become ready, because a letter is made of that call too.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.unready.is_none() {
            self.unready = ready!(self.inner.poll_ready(cx)).map_err(Error::lift).err();
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let kept = self.rules.keep.begin(request, false);
        let copy = self.rules.keep.copy(&kept);
        let (sink, rules, losses) = (self.sink.clone(), self.rules.clone(), self.losses.clone());
        let call = Call::new(copy, sink, rules, self.entry.row(), losses);
        // The future is made in each arm, so that the call is not moved once more.
        match self.unready.take() {
            None => {
                let state = State::Calling { call: self.inner.call(self.rules.keep.pass(kept)) };
                ResponseFuture { state, call }
            }
            error => ResponseFuture { state: State::Unready { error }, call },
        }
    }
}

/// A clone has not been polled ready.
impl<S: Clone, Q: Clone, R: Clone> Clone for DeadLettered<S, Q, R> {
    fn clone(&self) -> Self {
        let Self { inner, sink, rules, entry, losses, .. } = self;
        Self::new(inner.clone(), sink.clone(), rules.clone(), entry.clone(), losses.clone())
    }
}
