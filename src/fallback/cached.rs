//! What a cache keeps as the answer.

use std::future::{Ready, ready};

use super::layer::FallbackLayer;
use super::step::Step;
use crate::error::{Error, Verdict};
use crate::kept::Keeps;

impl<L: Clone> FallbackLayer<Cached<L>> {
    /// Answers with what a [`CacheLayer`](crate::CacheLayer) keeps for the request, however stale it is.
    ///
    /// It is the answer also where a call ended at its caller's deadline, which the cache does not answer itself. Set
    /// [`keep`](crate::CacheBuilder::keep) to how old an answer may be. Where nothing is kept, the step fails.
    pub fn cached(cache: &L) -> Self {
        Self::new(cached(cache))
    }
}

/// Answers with what a [`CacheLayer`](crate::CacheLayer) keeps for the request, however stale it is.
pub fn cached<L: Clone>(cache: &L) -> Cached<L> {
    Cached(cache.clone())
}

/// Made by [`cached`].
#[derive(Clone, Debug)]
pub struct Cached<L>(L);

/// Says that a cache keeps nothing for the request. It is in an [`Error::Service`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the cache keeps nothing for the request")]
#[non_exhaustive]
pub struct NothingKept;

impl<Request, Response, L: Keeps<Request, Response>> Step<Request, Response> for Cached<L> {
    type Kept = L::Found;
    type Error = Error;
    type Future = Ready<Result<Response, Error>>;

    fn keep(&self, request: &Request) -> L::Found {
        self.0.find(request)
    }

    fn answer(self, found: L::Found, failed: Result<&Response, &Error>, _: bool) -> Self::Future {
        ready(self.0.give(found).ok_or_else(|| nothing_kept(failed)))
    }
}

/// The error of the step. Where nothing was sent, it says so, as the error of the call does.
fn nothing_kept<Response>(failed: Result<&Response, &Error>) -> Error {
    let verdict = failed.err().filter(|error| !error.was_sent()).and_then(Error::verdict);
    match verdict {
        Some(Verdict::Rejected(rejection)) => Error::Rejected(rejection),
        Some(Verdict::TimedOut(elapsed)) => Error::TimedOut(elapsed),
        None => Error::Service(NothingKept.into()),
    }
}
