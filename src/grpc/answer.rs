//! What gRPC says of an error.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Response, header::CONTENT_TYPE};

use super::{AnswerBody, Code};
use crate::{
    Error, Rejection, RejectionReason,
    http::{
        answer::{Answer, AnswerLayer, told},
        not_sent,
    },
};

pub(super) static PUSHBACK: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

/// Answers with a code, and when to try again.
///
/// A body that fails ends in trailers that tell the code.
#[derive(Clone, Copy, Debug, Default)]
pub struct GrpcAnswers;

impl AnswerLayer<GrpcAnswers> {
    /// Answers as gRPC does: HTTP status 200, and what went wrong in `grpc-status`.
    ///
    /// A body that fails ends in trailers that tell the code, where the stream would be reset otherwise. With the feature
    /// `tonic` a status that the service gave passes unchanged.
    pub const fn grpc() -> Self {
        Self::by(GrpcAnswers)
    }
}

impl<B> Answer<B> for GrpcAnswers {
    type Body = AnswerBody<B>;

    fn answer(&self, error: Error) -> Response<AnswerBody<B>> {
        let mut response = Response::new(AnswerBody::default());
        *response.headers_mut() = headers(error);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        response
    }

    fn pass(&self, response: Response<B>) -> Response<AnswerBody<B>> {
        response.map(AnswerBody::new)
    }
}

/// The headers, or trailers, that tell this error.
#[cfg_attr(
    not(feature = "tonic"),
    expect(clippy::needless_pass_by_value, reason = "with the feature `tonic` a status is taken out of it")
)]
pub(super) fn headers(error: Error) -> HeaderMap {
    #[cfg(feature = "tonic")]
    let error = match super::tonic::headers_of_own(error) {
        Ok(headers) => return headers,
        Err(error) => error,
    };
    let error = told(&error);
    let code = code_of(error);
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert("grpc-status", HeaderValue::from(code as u16));
    // Of the characters that the protocol percent-encodes our messages have none.
    headers.insert("grpc-message", HeaderValue::from_static(message(code)));
    if let Some(millis) = pushback(error) {
        headers.insert(PUSHBACK.clone(), millis.into());
    }
    headers
}

/// The code of an error that is no status itself.
pub(super) fn code_of(error: &Error) -> Code {
    match error {
        Error::Rejected(rejection) => code_of_rejection(rejection),
        Error::TimedOut(_) => Code::DeadlineExceeded,
        #[cfg(feature = "tonic")]
        Error::Service(_) if super::tonic::is_expired(error) => Code::DeadlineExceeded,
        Error::Service(_) if not_sent(error) => Code::Unavailable,
        Error::Service(_) => Code::Internal,
    }
}

pub(super) const fn code_of_rejection(rejection: &Rejection) -> Code {
    match rejection.reason() {
        RejectionReason::Full | RejectionReason::QueueFull | RejectionReason::WaitedTooLong => Code::ResourceExhausted,
        _ => Code::Unavailable,
    }
}

/// Says no more than the code does: what is inside is nothing to strangers.
pub(super) const fn message(code: Code) -> &'static str {
    match code {
        Code::ResourceExhausted => "too many calls at once",
        Code::DeadlineExceeded => "the call ran out of time",
        Code::Unavailable => "the service is not available at present",
        _ => "the service failed",
    }
}

/// Milliseconds until the next try, where that is known. Rounded up: nobody comes back too soon.
pub(super) fn pushback(error: &Error) -> Option<i32> {
    let delay = error.rejection()?.retry_after()?;
    let millis = delay.saturating_add(Duration::from_nanos(999_999)).as_millis();
    // What is more than 32 bits can tell is read as no retry at all.
    Some(i32::try_from(millis).unwrap_or(i32::MAX))
}
