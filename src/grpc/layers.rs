//! The layers, set up for gRPC.

use std::{borrow::Cow, time::Duration};

use super::{CountAttempts, GrpcClassifier, Pushback};
use crate::{
    BulkheadBuilder, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, FallbackLayer, RetryBuilder,
    RetryLayer, TimeoutLayer,
    call::Builder,
    fallback::ByOutcome,
    http::{Http, Resend, WholeAnswer},
    retry::Rules,
    timeout::CallOnly,
};

impl CircuitBreakerLayer {
    /// Starts to build a circuit breaker for gRPC.
    ///
    /// Errors and events show its name, of 1 to 64 bytes. It goes by the [code](GrpcClassifier) in the head or the trailers:
    /// a call is in flight, and a probe holds its place, until the stream of its answer has ended. One that ends without a
    /// code is a failure, and one that is dropped half way is abandoned. A probe whose answer still streams after half of
    /// [`half_open_for`](Builder::half_open_for) is a success.
    pub fn grpc(name: impl Into<Cow<'static, str>>) -> CircuitBreakerBuilder<Http<GrpcClassifier>> {
        Self::builder(name).grpc()
    }
}

impl<T> Builder<T> {
    /// Ends calls as gRPC has it: by the [code](GrpcClassifier) in the head or the trailers, at the end of the stream.
    ///
    /// Defaults to ending them with the response.
    pub fn grpc(self) -> Builder<T, Http<GrpcClassifier>> {
        self.end(Http::new(GrpcClassifier::new()))
    }
}

impl RetryLayer {
    /// Starts to build a retry for gRPC.
    ///
    /// Events show its name, of 1 to 64 bytes. It goes by the [code](GrpcClassifier) in the head, and heeds the server's
    /// [pushback](Pushback). Requests are kept and numbered as [`http`](Self::http) does, and tell the server in
    /// `grpc-previous-rpc-attempts` how many there were before.
    pub fn grpc<B>(
        name: impl Into<Cow<'static, str>>,
    ) -> RetryBuilder<Rules<GrpcClassifier, Resend<B, CountAttempts>, Pushback>> {
        let (classifier, keep, retry_if) = (GrpcClassifier::new(), Resend::by(CountAttempts), Pushback);
        Self::builder(name).rules(Rules { classifier, keep, retry_if })
    }
}

impl TimeoutLayer {
    /// Ends gRPC calls whose answers have not ended after `limit`.
    ///
    /// Zero polls once, and [`Duration::MAX`] is as good as never.
    pub fn grpc(limit: Duration) -> TimeoutLayer<Duration, CallOnly<WholeAnswer>> {
        Self::http(limit)
    }
}

impl BulkheadLayer {
    /// Starts to build a bulkhead for gRPC, with at most `max_concurrent` calls in flight.
    ///
    /// 0 rejects all. A call is in flight until the stream of its answer has ended, or is dropped.
    pub fn grpc(max_concurrent: usize) -> BulkheadBuilder<Http<GrpcClassifier>> {
        Self::builder(max_concurrent).grpc()
    }
}

impl<F> FallbackLayer<F> {
    /// Answers by this step where the gRPC call failed.
    ///
    /// It goes also by the [code](GrpcClassifier) in the head of the answer.
    pub fn grpc(step: F) -> FallbackLayer<F, ByOutcome<GrpcClassifier>> {
        Self::new(step).classify(GrpcClassifier::new())
    }
}
