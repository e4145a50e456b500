//! The layers, set up for gRPC.

use std::borrow::Cow;
use std::time::Duration;

use super::Grpc;
use super::attempts::CountAttempts;
use super::classify::GrpcClassifier;
use super::methods::Methods;
use super::pushback::Pushback;
use crate::bulkhead::{BulkheadBuilder, BulkheadLayer};
use crate::call::Builder;
use crate::circuit_breaker::{CircuitBreakerBuilder, CircuitBreakerLayer};
use crate::dead_letter::{self, DeadLetterLayer};
use crate::fallback::{ByOutcome, FallbackLayer};
use crate::hedge::{self, HedgeBuilder, HedgeLayer};
use crate::http::Resend;
use crate::measure::{MeasureBuilder, MeasureLayer};
use crate::rate_limit::{RateLimitBuilder, RateLimitLayer};
use crate::replicas::{Passing, Replicas, ReplicasBuilder};
use crate::retry::{RetryBuilder, RetryLayer, Rules};
use crate::state::rate::Rate;
use crate::throttle::{ThrottleBuilder, ThrottleLayer};
use crate::timeout::TimeoutLayer;

impl CircuitBreakerLayer {
    /// Starts to build a circuit breaker for gRPC.
    ///
    /// Errors and events show its name, of 1 to 64 bytes. It goes by the [code](GrpcClassifier) in the head or the trailers.
    /// A call is in flight, and a probe holds its place, until the stream of its response has ended. A stream that ends without
    /// a code is a failure. A stream that is dropped is a success if a message began to come, and abandoned otherwise. A call whose
    /// response still streams half of [`half_open_for`](Builder::half_open_for) after it was first polled is a success.
    pub fn grpc(name: impl Into<Cow<'static, str>>) -> CircuitBreakerBuilder<Grpc> {
        Self::builder(name).grpc()
    }
}

impl<T> Builder<T> {
    /// Judges calls by the [code](GrpcClassifier) in the head or the trailers, and ends them at the end of the stream.
    ///
    /// Defaults to ending them at the response's head.
    pub fn grpc(self) -> Builder<T, Grpc> {
        self.end(Grpc::new(GrpcClassifier::new()))
    }
}

impl RetryLayer {
    /// Starts to build a retry for gRPC.
    ///
    /// Events show its name, of 1 to 64 bytes. It goes by the [code](GrpcClassifier) in the head, or in trailers that come before
    /// any message, and obeys the server's [pushback](Pushback). For the trailers it holds the head back until they or the first
    /// message have come, for at most 50 milliseconds. It keeps and numbers requests as [`http`](Self::http) does, and tells the
    /// server in `grpc-previous-rpc-attempts` how many attempts came before.
    pub fn grpc<B>(
        name: impl Into<Cow<'static, str>>,
    ) -> RetryBuilder<Rules<GrpcClassifier, Resend<B, CountAttempts>, Pushback>> {
        let (classifier, keep, retry_if) = (GrpcClassifier::new(), Resend::by(CountAttempts), Pushback);
        Self::builder(name).rules(Rules { classifier, keep, retry_if })
    }
}

impl HedgeLayer {
    /// Starts to build a hedge for gRPC.
    ///
    /// Events show its name, of 1 to 64 bytes. gRPC does not say which calls may arrive twice, so `methods` does: it gets the method of a
    /// call, `/package.Service/Method`. The hedge goes by the [code](GrpcClassifier) in the head, or in trailers that come before any
    /// message; for these it holds the head back as a [retry](RetryLayer::grpc) does. After any pushback no other attempt starts. It keeps
    /// requests as [`http`](Self::http) does, and tells the server in `grpc-previous-rpc-attempts` how many attempts were started before.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::HedgeLayer;
    /// use palisade::http::ReplayBody;
    ///
    /// type Body = ReplayBody<http_body_util::Full<bytes::Bytes>>;
    ///
    /// # fn main() -> Result<(), palisade::ConfigError> {
    /// let layer = HedgeLayer::grpc::<Body, _>("catalog", |method: &str| method == "/shop.Catalog/Get").build()?;
    /// # drop(layer);
    /// # Ok(())
    /// # }
    /// ```
    pub fn grpc<B, M: Fn(&str) -> bool>(
        name: impl Into<Cow<'static, str>>,
        methods: M,
    ) -> HedgeBuilder<hedge::Rules<GrpcClassifier, Resend<B, CountAttempts>, Methods<M>>> {
        let (classifier, keep, hedge_if) = (GrpcClassifier::new(), Resend::by(CountAttempts), Methods(methods));
        Self::builder(name).map(|_| hedge::Rules { classifier, keep, hedge_if })
    }
}

impl<S> Replicas<S> {
    /// Starts to build one service of several for gRPC.
    ///
    /// Errors and events show its name, of 1 to 64 bytes. Replicas are judged by the [code](GrpcClassifier) in the head or the
    /// trailers. A call is in flight until the stream of its response has ended, or is dropped. It goes on to another replica, and
    /// its request is kept until then, as with [`http`](Self::http).
    pub fn grpc<B>(name: impl Into<Cow<'static, str>>) -> ReplicasBuilder<S, Passing<Grpc, Resend<B>>> {
        let end = Grpc::new(GrpcClassifier::new());
        Self::http(name).passing(|Passing { keep, key, .. }| Passing { end, keep, key })
    }
}

impl TimeoutLayer {
    /// Ends gRPC calls whose responses have not ended after `limit`.
    ///
    /// Zero polls once. [`Duration::MAX`] is as good as never.
    pub fn grpc(limit: Duration) -> TimeoutLayer<Duration, Grpc> {
        Self::new(limit).end(Grpc::default())
    }
}

impl BulkheadLayer {
    /// Starts to build a bulkhead for gRPC, with at most `max_concurrent` calls in flight.
    ///
    /// 0 rejects all. A call is in flight until the stream of its response has ended, or is dropped.
    pub fn grpc(max_concurrent: usize) -> BulkheadBuilder<Grpc> {
        Self::builder(max_concurrent).grpc()
    }
}

impl RateLimitLayer {
    /// Starts to build a rate limit for gRPC.
    ///
    /// Errors and events show its name, of 1 to 64 bytes. It goes by the [code](GrpcClassifier) and the server's pushback where it
    /// is to [heed](Builder::heed_throttling) the service.
    pub fn grpc(name: impl Into<Cow<'static, str>>, rate: Rate) -> RateLimitBuilder<Grpc> {
        Self::builder(name, rate).grpc()
    }
}

impl ThrottleLayer {
    /// Starts to build a throttle for gRPC.
    ///
    /// Errors and events show its name, of 1 to 64 bytes. It goes by the [code](GrpcClassifier) in the head or the trailers: a call is
    /// accepted if it is a `Success`, which takes a refusal that is the request's own fault for one. It counts when the
    /// stream of its response has ended; a head that is a failure counts at once. A stream that is dropped counts as
    /// accepted if a message began to come, and not at all otherwise.
    pub fn grpc(name: impl Into<Cow<'static, str>>) -> ThrottleBuilder<Grpc> {
        Self::builder(name).grpc()
    }
}

impl MeasureLayer {
    /// Starts to build a measure for gRPC, with a name of 1 to 64 bytes, which metrics show.
    ///
    /// It goes by the [code](GrpcClassifier) in the head or the trailers. A call takes until the stream of its response has ended, or
    /// is dropped.
    pub fn grpc(name: impl Into<Cow<'static, str>>) -> MeasureBuilder<Grpc> {
        Self::builder(name).grpc()
    }
}

impl<F> FallbackLayer<F> {
    /// Answers by this step where the gRPC call failed, by an error or by the [code](GrpcClassifier) in its head.
    ///
    /// The extensions of an answer have [`Degraded`](crate::fallback::Degraded), which allocates.
    pub fn grpc(step: F) -> FallbackLayer<F, ByOutcome<GrpcClassifier>, Grpc> {
        Self::new(step).classify(GrpcClassifier::new()).mark(Grpc::default())
    }
}

impl<Q> DeadLetterLayer<Q> {
    /// Hands over gRPC calls that failed, by an error or by the [code](GrpcClassifier) in their heads.
    ///
    /// It keeps requests as [`http`](Self::http) does. A code that comes in trailers comes too late: the caller has the head by then.
    pub fn grpc<B>(sink: Q) -> DeadLetterLayer<Q, dead_letter::Rules<GrpcClassifier, Resend<B>>> {
        Self::http(sink).classify(GrpcClassifier::new())
    }
}
