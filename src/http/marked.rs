//! Responses that say which replica gave them, or which step of a fallback.

use http::Response;

use super::guarded::Http;
use crate::call::{End, Guard, Mark, Protocol};
use crate::error::Error;
use crate::fallback::Degraded;
use crate::replicas::{Passing, ReplicaUsed, ReplicasBuilder};

/// Ends calls as `E` does, and notes in the extensions of a response which replica gave it.
///
/// Made by [`mark_responses`](ReplicasBuilder::mark_responses).
#[derive(Clone, Copy, Debug, Default)]
pub struct Marked<E = Http>(E);

impl<S, C, K, B> ReplicasBuilder<S, Passing<Http<C>, K, B>> {
    /// Puts into the extensions of each response which replica gave it, and which ones were tried before: a [`ReplicaUsed`].
    ///
    /// Set it to log or trace that. It allocates once or twice in each call. Defaults to leaving responses as they are.
    pub fn mark_responses(self) -> ReplicasBuilder<S, Passing<Marked<Http<C>>, K, B>> {
        self.passing(|Passing { end, keep, key }| Passing { end: Marked(end), keep, key })
    }
}

impl<G: Guard, R, E: End<G, R>> End<G, R> for Marked<E> {
    type Response = E::Response;

    fn answered(self, guard: G, response: R) -> E::Response {
        self.0.answered(guard, response)
    }

    fn failed(self, guard: G, error: &Error) {
        self.0.failed(guard, error);
    }
}

impl<E: Protocol> Protocol for Marked<E> {
    type With<C> = Marked<E::With<C>>;
    type Classifier = E::Classifier;

    fn with<C>(self, classifier: C) -> Self::With<C> {
        Marked(self.0.with(classifier))
    }

    fn classifier(self) -> E::Classifier {
        self.0.classifier()
    }
}

impl<B, E> Mark<Response<B>, ReplicaUsed> for Marked<E> {
    fn mark(&self, response: &mut Response<B>, used: impl FnOnce() -> ReplicaUsed) {
        response.extensions_mut().insert(used());
    }
}

/// A fallback answers where the service did not, so there the mark costs little.
impl<B, C> Mark<Response<B>, Degraded> for Http<C> {
    fn mark(&self, response: &mut Response<B>, degraded: impl FnOnce() -> Degraded) {
        response.extensions_mut().insert(degraded());
    }
}

/// Responses are not marked unless it was asked for: to do so allocates.
impl<R, C> Mark<R, ReplicaUsed> for Http<C> {
    #[inline(always)]
    fn mark(&self, _: &mut R, _: impl FnOnce() -> ReplicaUsed) {}
}
