//! Conversions for tonic: errors become statuses, and bodies can be sent again.

use std::sync::Arc;

use tonic::Status;
use tonic::body::Body;
use tower::BoxError;

use crate::error::Error;
use crate::grpc::Code;
use crate::grpc::own::own;
use crate::grpc::status::headers;
use crate::http::ReplayBody;

impl From<tonic::Code> for Code {
    fn from(code: tonic::Code) -> Self {
        Self::of_i32(code.into())
    }
}

/// Keeps a status that the service gave, or makes one, with `grpc-retry-pushback-ms` in the metadata where that is known.
///
/// The codes are those of [`AnswerLayer::grpc`](crate::http::AnswerLayer::grpc). The error becomes the source of the status.
impl From<Error> for Status {
    fn from(error: Error) -> Self {
        own(error).unwrap_or_else(|error| {
            let mut status = Self::from_header_map(&headers(&error)).expect("they have a code");
            status.set_source(Arc::new(error));
            status
        })
    }
}

impl<B: http_body::Body<Error: Into<BoxError>> + Send + Unpin + 'static> From<ReplayBody<B>> for Body {
    fn from(body: ReplayBody<B>) -> Self {
        Self::new(body)
    }
}
