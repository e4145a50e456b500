//! The response of gRPC to an error, and the body of a response that ends with a code.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::BoxError;

#[cfg(feature = "tonic")]
use super::own::headers_of_own;
use super::status;
use crate::error::Error;
use crate::http::answer::{AnswerLayer, Respond, tell};
use crate::http::body::{is_at_end, left};

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
        Self { respond: GrpcAnswers }
    }
}

impl<B> Respond<B> for GrpcAnswers {
    type Body = AnswerBody<B>;

    fn respond(&self, error: Error) -> Response<AnswerBody<B>> {
        let mut response = Response::new(AnswerBody::default());
        *response.headers_mut() = headers(error);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        response
    }

    fn pass(&self, response: Response<B>) -> Response<AnswerBody<B>> {
        response.map(|body| AnswerBody { inner: Some(body) })
    }
}

pin_project! {
    /// Ends a body that fails with trailers that tell the code.
    ///
    /// Otherwise the stream would be reset. Made by [`AnswerLayer::grpc`](crate::http::AnswerLayer::grpc). It never fails
    /// itself, and is empty by default.
    #[derive(Debug)]
    pub struct AnswerBody<B> {
        // `None` once it has failed, and for a response that is all headers.
        #[pin]
        inner: Option<B>,
    }
}

impl<B> Default for AnswerBody<B> {
    fn default() -> Self {
        Self { inner: None }
    }
}

impl<B: Body<Error: Into<BoxError> + 'static>> Body for AnswerBody<B> {
    type Data = B::Data;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, Error>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        Poll::Ready(ready!(inner.poll_frame(cx)).map(|read| {
            read.or_else(|error| {
                this.inner.set(None);
                let error = Error::lift(error);
                tell(&error);
                Ok(Frame::trailers(headers(error)))
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        is_at_end(self.inner.as_ref())
    }

    /// Has no lower bound, because the trailers may come before all that the inner body has promised.
    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::new();
        if let Some(upper) = left(self.inner.as_ref()).upper() {
            hint.set_upper(upper);
        }
        hint
    }
}

/// The headers, or trailers, that tell this error.
fn headers(error: Error) -> HeaderMap {
    headers_of_own(error).unwrap_or_else(|error| status::headers(&error))
}

/// Without tonic no error is a status.
#[cfg(not(feature = "tonic"))]
const fn headers_of_own(error: Error) -> Result<HeaderMap, Error> {
    Err(error)
}
