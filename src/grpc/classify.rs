//! What a gRPC response says about the service that sent it.

use std::time::Duration;

use http::{HeaderMap, Response};

use super::code::Code;
use super::failure::of_error;
use super::hint::Hint;
use crate::debug::debug_by_type;
use crate::error::Error;
use crate::http::causes::own_fault;
use crate::http::{ByTable, ClassifyEnd, Overrides, overridden};
use crate::outcome::{Classify, Outcome};

/// Classifies gRPC responses by their code.
///
/// | code | outcome |
/// |---|---|
/// | `UNAVAILABLE` | `Transient`, or `Throttled` where the server says when to come back |
/// | `RESOURCE_EXHAUSTED` | `Throttled`, with the pause that the server asks for |
/// | `CANCELLED`, `UNKNOWN`, `DEADLINE_EXCEEDED`, `INTERNAL`, `DATA_LOSS` | `Failed` |
/// | the rest | `Success`: the call was done, or the mistake is the client's |
///
/// The code is read from `grpc-status` in the head. Without it, an HTTP status other than 200 stands for a code as
/// [gRPC maps it]. A head with neither is a success so far, and the [trailers](ClassifyEnd) decide. A stream that ends without
/// trailers is broken, and `Failed`. A code that is unreadable or not assigned is `UNKNOWN`. The trailers of gRPC-Web are in the
/// last frame of the data, and are read there.
///
/// The pause is read from `grpc-retry-pushback-ms` and, with the feature `tonic`, from the `RetryInfo` in
/// `grpc-status-details-bin`.
///
/// Errors are `Transient`, also those of a [`TimeoutLayer`](crate::TimeoutLayer) below, because a timeout around each attempt
/// exists to allow another one. Three kinds of errors say more. An error is `Ignored` if the request's own body failed, which
/// resets the stream from our side, or if the request cannot be sent. An error that comes from the reset of a stream goes by the code that gRPC has for that
/// reset. Both are known with the feature `hyper-util`, `reqwest` or `tonic`. With the feature `tonic`, an error that comes from
/// a `tonic::Status` goes by its code.
///
/// # Examples
///
/// ```
/// use palisade::{CircuitBreakerLayer, Outcome, grpc::{Code, GrpcClassifier}};
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// // A server whose callers set deadlines that it cannot keep.
/// let impatient = |code| (code == Code::DeadlineExceeded).then_some(Outcome::Ignored);
/// let breaker = CircuitBreakerLayer::builder("search").classify(GrpcClassifier::new().overrides(impatient)).build()?;
/// # drop(breaker.handle());
/// # Ok(())
/// # }
/// ```
///
/// [gRPC maps it]: https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
#[derive(Clone, Copy, Default)]
#[must_use]
pub struct GrpcClassifier<F = ByTable> {
    overrides: F,
}

impl GrpcClassifier {
    /// Makes a classifier that goes by the table.
    pub const fn new() -> Self {
        Self { overrides: ByTable }
    }
}

impl<F> GrpcClassifier<F> {
    /// Asks a function first; where it returns `None`, the table decides.
    ///
    /// Set it where a service gives a code a meaning of its own. Where the function returns `Throttled` without a pause, the
    /// pause is still read from the response. Defaults to the table alone.
    pub fn overrides<G: Fn(Code) -> Option<Outcome>>(self, overrides: G) -> GrpcClassifier<G> {
        GrpcClassifier { overrides }
    }
}

impl<F: Overrides<Code>> GrpcClassifier<F> {
    fn outcome(&self, code: Code, hint: impl Fn() -> Hint) -> Outcome {
        let pause = || hint().pause();
        overridden(&self.overrides, code, pause).unwrap_or_else(|| by_code(code, pause))
    }
}

impl<F: Overrides<Code>, B> Classify<Response<B>> for GrpcClassifier<F> {
    fn classify(&self, result: Result<&Response<B>, &Error>) -> Outcome {
        match result.map(|head| (Code::of_head(head), head.headers())) {
            Ok((None, _)) => Outcome::Success,
            Ok((Some(code), headers)) => self.outcome(code, || Hint::of_headers(headers)),
            Err(error) if own_fault(error) => Outcome::Ignored,
            Err(error) => of_error(error).map_or(Outcome::Transient, |(code, hint)| self.outcome(code, || hint)),
        }
    }
}

impl<F: Overrides<Code>, B> ClassifyEnd<Response<B>> for GrpcClassifier<F> {
    fn waits_for_end(&self, head: &Response<B>) -> bool {
        Code::of_head(head).is_none()
    }

    fn classify_end(&self, trailers: Option<&HeaderMap>) -> Outcome {
        let Some(trailers) = trailers else { return Outcome::Failed };
        let code = Code::of_headers(trailers).unwrap_or(Code::Unknown);
        self.outcome(code, || Hint::of_headers(trailers))
    }
}

debug_by_type! { GrpcClassifier<F> }

fn by_code(code: Code, pause: impl FnOnce() -> Option<Duration>) -> Outcome {
    match code {
        Code::Unavailable => match pause() {
            None => Outcome::Transient,
            retry_after => Outcome::Throttled { retry_after },
        },
        Code::ResourceExhausted => Outcome::Throttled { retry_after: pause() },
        Code::Cancelled | Code::Unknown | Code::DeadlineExceeded | Code::Internal | Code::DataLoss => Outcome::Failed,
        _ => Outcome::Success,
    }
}
