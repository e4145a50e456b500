//! The layers, set up for HTTP.

use std::{borrow::Cow, time::Duration};

use super::{Http, HttpClassifier, Idempotent, Resend, WatchBody, WholeAnswer};
use crate::{
    BulkheadBuilder, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, Error, FallbackLayer, RetryBuilder,
    RetryLayer, TimeoutLayer,
    call::Builder,
    fallback::ByOutcome,
    retry::Rules,
    timeout::{CallOnly, CoverReadiness},
};

impl CircuitBreakerLayer {
    /// Starts to build a circuit breaker for HTTP.
    ///
    /// Errors and events show its name, of 1 to 64 bytes. It goes by the [status](HttpClassifier), and by how the body ends:
    /// a call is in flight, and a probe holds its place, until the body of its answer has ended. One that breaks is a
    /// failure, and one that is dropped half way is abandoned. A probe whose answer still streams after half of
    /// [`half_open_for`](Builder::half_open_for) is a success.
    pub fn http(name: impl Into<Cow<'static, str>>) -> CircuitBreakerBuilder<Http> {
        Self::builder(name).http()
    }
}

impl<T> Builder<T> {
    /// Ends calls as HTTP has it: by the [status](HttpClassifier), and at the end of the response's body.
    ///
    /// Defaults to ending them with the response.
    pub fn http(self) -> Builder<T, Http> {
        self.end(Http::default())
    }
}

impl RetryLayer {
    /// Starts to build a retry for HTTP.
    ///
    /// Events show its name, of 1 to 64 bytes. It goes by the [status](HttpClassifier) and heeds `Retry-After`. It sends
    /// again what is [idempotent](Idempotent), or was not sent; with the body, of which a [copy](super::ReplayBody) is kept
    /// meanwhile. Bodies are `Unpin`, and one that is not goes in a `Box::pin`. Each attempt's request carries its
    /// [number](super::Attempt).
    ///
    /// The service within takes a body `B` that can be made of a [`ReplayBody`](super::ReplayBody), see [`Resend`]:
    ///
    /// - one of your own, or a mock, takes a `Request<ReplayBody<Full<Bytes>>>` where the caller sends a `Request<Full<Bytes>>`;
    /// - hyper-util's client is a `Client<_, ReplayBody<_>>`;
    /// - around one that takes every body, as axum's router does, `B` is named: `RetryLayer::http::<axum::body::Body>("orders")`;
    /// - around any other, put `.map_request(|request: Request<ReplayBody<_>>| request.map(Other::new))` under the retry.
    ///
    /// An answer that another attempt is to replace gives its connection back, and the places of the layers within: up to 16 KiB
    /// that are left of it are read, within 50 milliseconds, and the rest is dropped. The next attempt may come so much later.
    pub fn http<B>(name: impl Into<Cow<'static, str>>) -> RetryBuilder<Rules<HttpClassifier, Resend<B>, Idempotent>> {
        let (classifier, keep, retry_if) = (HttpClassifier::new(), Resend::by(WatchBody), Idempotent::new());
        Self::builder(name).rules(Rules { classifier, keep, retry_if })
    }
}

impl<C, B, A, P> RetryBuilder<Rules<C, Resend<B, A>, P>> {
    /// Keeps copies of request bodies up to this size, in bytes.
    ///
    /// A request with a larger one is sent once. Raise it where larger requests must be sent again; each in flight may then
    /// cost as much memory. Defaults to 65,536.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.rules.keep.max_body = bytes;
        self
    }
}

impl<C, K, N> RetryBuilder<Rules<C, K, Idempotent<N>>> {
    /// Asks a function whether an error says that nothing was sent, where [`not_sent`](super::not_sent()) cannot tell.
    ///
    /// Set it for the errors of a client of your own. Defaults to one that never says so.
    pub fn not_sent<M: Fn(&Error) -> bool>(self, not_sent: M) -> RetryBuilder<Rules<C, K, Idempotent<M>>> {
        self.retry_if(Idempotent::new().not_sent(not_sent))
    }
}

impl TimeoutLayer {
    /// Ends HTTP calls whose answers have not ended after `limit`.
    ///
    /// Zero polls once, and [`Duration::MAX`] is as good as never.
    pub fn http(limit: Duration) -> TimeoutLayer<Duration, CallOnly<WholeAnswer>> {
        Self::new(limit).cover_body()
    }
}

impl<L> TimeoutLayer<L, CallOnly> {
    /// Takes the body of an HTTP answer into the limit.
    ///
    /// A body that is not done in time ends with [`Error::TimedOut`]. Defaults to timing the call up to the head of its answer.
    pub fn cover_body(self) -> TimeoutLayer<L, CallOnly<WholeAnswer>> {
        self.cover()
    }
}

impl<L> TimeoutLayer<L, CoverReadiness> {
    /// Takes the body of an HTTP answer into the limit, as it does [without readiness](TimeoutLayer::cover_body).
    pub fn cover_body(self) -> TimeoutLayer<L, CoverReadiness<WholeAnswer>> {
        self.cover()
    }
}

impl BulkheadLayer {
    /// Starts to build a bulkhead for HTTP, with at most `max_concurrent` calls in flight.
    ///
    /// 0 rejects all. A call is in flight until the body of its answer has ended, or is dropped.
    pub fn http(max_concurrent: usize) -> BulkheadBuilder<Http> {
        Self::builder(max_concurrent).http()
    }
}

impl<F> FallbackLayer<F> {
    /// Answers by this step where the HTTP call failed, also by its [status](HttpClassifier).
    pub fn http(step: F) -> FallbackLayer<F, ByOutcome<HttpClassifier>> {
        Self::new(step).classify(HttpClassifier::new())
    }
}
