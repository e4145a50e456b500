//! What stands around the whole call: answers > fallback > deadline taken > total timeout > rate limit.

use std::time::Duration;

use tower::layer::util::Identity;

use super::layer::StandardLayer;
use super::part::Part;
use crate::call::{AdmissionLayer, Protocol};
use crate::fallback::{ByOutcome, FallbackLayer};
use crate::timeout::TimeoutLayer;

impl<E: Clone, N, F, D, T, Q, R, A> StandardLayer<E, (N, F, D, T, Q), R, A> {
    /// Limits the whole call, with all attempts and the waits between them.
    ///
    /// With HTTP and gRPC it lasts until the response has ended. Defaults to 30 seconds.
    pub fn total_timeout(self, limit: Duration) -> StandardLayer<E, (N, F, D, TimeoutLayer<Duration, E>, Q), R, A> {
        let total = self.timeout(limit);
        self.map_whole(|(answers, fallback, taken, _, rate)| (answers, fallback, taken, total, rate))
    }

    /// Lets the whole call take as long as its attempts.
    ///
    /// Set it where responses stream for longer than any limit. Defaults to a total timeout.
    pub fn without_total_timeout(self) -> StandardLayer<E, (N, F, D, Identity, Q), R, A> {
        self.map_whole(|(answers, fallback, taken, _, rate)| (answers, fallback, taken, Identity::new(), rate))
    }
}

impl<E: Protocol + Clone, N, F, D, T, Q, R, A> StandardLayer<E, (N, F, D, T, Q), R, A> {
    /// Answers by this [step](crate::fallback::Step) whenever everything inside failed.
    ///
    /// With HTTP and gRPC the step makes a response whose body has the type of the bodies inside. For a fallback of several steps,
    /// or of another type, put a [`FallbackLayer`] around the stack. Defaults to none.
    pub fn fallback<G>(
        self,
        step: G,
    ) -> StandardLayer<E, (N, FallbackLayer<G, ByOutcome<E::Classifier>, E>, D, T, Q), R, A> {
        let fallback = FallbackLayer::new(step).name(self.name).registry(&self.registry);
        let fallback = fallback.classify(self.end.clone().classifier()).mark(self.end.clone());
        self.map_whole(|(answers, _, taken, total, rate)| (answers, fallback, taken, total, rate))
    }
}

impl<E, N, F, D, T, Q, R, A> StandardLayer<E, (N, F, D, T, Q), R, A> {
    /// Lets calls pass at a rate, before any of them takes a place or is attempted.
    ///
    /// `limit` is a [`RateLimitLayer`](crate::RateLimitLayer), a [`PacingLayer`](crate::PacingLayer), or one
    /// [per key](crate::call::Builder::per_key). With HTTP and gRPC take one of their constructors. Defaults to none.
    pub fn rate_limit<L, G, W>(
        self,
        limit: AdmissionLayer<L, G, W>,
    ) -> StandardLayer<E, (N, F, D, T, AdmissionLayer<L, G, W>), R, A>
    where
        AdmissionLayer<L, G, W>: Part,
    {
        self.map_whole(|(answers, fallback, taken, total, _)| (answers, fallback, taken, total, limit))
    }
}
