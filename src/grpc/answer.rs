//! The response of gRPC to an error.

use http::{HeaderMap, HeaderValue, Response, header::CONTENT_TYPE};

use super::{
    AnswerBody,
    status::{PUSHBACK, code_of, message, pushback},
};
use crate::{
    error::Error,
    http::answer::{Answer, AnswerLayer, original},
};

/// Responds with a code, and when to try again.
///
/// A body that fails ends with trailers that tell the code.
#[derive(Clone, Copy, Debug, Default)]
pub struct GrpcAnswers;

impl AnswerLayer<GrpcAnswers> {
    /// Responds to an error with HTTP status 200, and a code in `grpc-status`.
    ///
    /// A body that fails ends with trailers that tell the code, because otherwise the stream would be reset. With the feature
    /// `tonic`, a status that the service gave passes unchanged.
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
    let error = match super::own::headers_of_own(error) {
        Ok(headers) => return headers,
        Err(error) => error,
    };
    let error = original(&error);
    let code = code_of(error);
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert("grpc-status", HeaderValue::from(code as u16));
    // Our messages contain no character that the protocol percent-encodes.
    headers.insert("grpc-message", HeaderValue::from_static(message(code)));
    if let Some(millis) = pushback(error) {
        headers.insert(PUSHBACK.clone(), millis.into());
    }
    headers
}
