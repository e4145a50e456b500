//! What a gRPC answer says about the service that gave it.

use http::{HeaderMap, Response};

use super::{Code, failure::of_error, hint::Hint};
use crate::{
    Classify, Error, Outcome,
    debug::debug_by_type,
    http::{ByTable, ClassifyEnd, Overrides, own_fault},
};

/// Says by its code what a gRPC answer means.
///
/// | code | outcome |
/// |---|---|
/// | `UNAVAILABLE` | `Transient`; `Throttled` where the server says when to come back |
/// | `RESOURCE_EXHAUSTED` | `Throttled`, with the pause that the server asks for |
/// | `CANCELLED`, `UNKNOWN`, `DEADLINE_EXCEEDED`, `INTERNAL`, `DATA_LOSS` | `Failed` |
/// | the rest | `Success`: done, or the client's own mistake |
///
/// The code is read from `grpc-status` in the head. A head with neither that nor an HTTP status other than 200 is a success so
/// far, and leaves the verdict to the [trailers](ClassifyEnd); a stream that ends without them is broken, and `Failed`. Without
/// a code, an HTTP status stands for one as [gRPC maps it]. A code that is unreadable or not assigned is `UNKNOWN`.
///
/// The pause is read from `grpc-retry-pushback-ms` and, with the feature `tonic`, from the `RetryInfo` in
/// `grpc-status-details-bin`.
///
/// Errors are `Transient`, a [`TimeoutLayer`](crate::TimeoutLayer)'s below among them: to put one around each attempt is to ask for
/// another when it is over. With the feature `tonic`, one that tells that the request's own body failed, which resets the stream
/// from our side, is `Ignored`; an error that comes from a `tonic::Status` goes by its code, and one that
/// comes from the reset of a stream by the code that gRPC has for that.
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
    /// A classifier that goes by the table.
    pub const fn new() -> Self {
        Self { overrides: ByTable }
    }
}

impl<F> GrpcClassifier<F> {
    /// Asks a function first; where it says `None`, the table decides.
    ///
    /// Set it where a service gives a code a meaning of its own. Where it says `Throttled` without a pause, the pause is still
    /// read from the answer. Defaults to the table alone.
    pub fn overrides<G: Fn(Code) -> Option<Outcome>>(self, overrides: G) -> GrpcClassifier<G> {
        GrpcClassifier { overrides }
    }
}

impl<F: Overrides<Code>> GrpcClassifier<F> {
    fn outcome(&self, code: Code, hint: impl FnOnce() -> Hint) -> Outcome {
        match self.overrides.outcome(code) {
            Some(Outcome::Throttled { retry_after: None }) => Outcome::Throttled { retry_after: hint().pause() },
            Some(outcome) => outcome,
            None => by_code(code, hint),
        }
    }

    fn classify_error(&self, error: &Error) -> Outcome {
        if own_fault(error) {
            return Outcome::Ignored;
        }
        of_error(error).map_or(Outcome::Transient, |(code, hint)| self.outcome(code, || hint))
    }
}

impl<F, B> Classify<Response<B>> for GrpcClassifier<F>
where
    F: Overrides<Code>,
{
    fn classify(&self, result: Result<&Response<B>, &Error>) -> Outcome {
        match result.map(|head| (Code::of_head(head), head.headers())) {
            Ok((None, _)) => Outcome::Success,
            Ok((Some(code), headers)) => self.outcome(code, || Hint::of_headers(headers)),
            Err(error) => self.classify_error(error),
        }
    }
}

impl<F, B> ClassifyEnd<Response<B>> for GrpcClassifier<F>
where
    F: Overrides<Code>,
{
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

fn by_code(code: Code, hint: impl FnOnce() -> Hint) -> Outcome {
    match code {
        Code::Unavailable => match hint().pause() {
            None => Outcome::Transient,
            retry_after => Outcome::Throttled { retry_after },
        },
        Code::ResourceExhausted => Outcome::Throttled { retry_after: hint().pause() },
        Code::Cancelled | Code::Unknown | Code::DeadlineExceeded | Code::Internal | Code::DataLoss => Outcome::Failed,
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Unauthenticated => Outcome::Success,
    }
}
