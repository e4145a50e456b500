//! Conversions for tonic: errors become statuses, and bodies can be sent again.

use std::sync::Arc;

use http::HeaderMap;
use tonic::{Status, body::Body, metadata::MetadataMap};
use tower::BoxError;

use crate::{
    error::Error,
    grpc::{
        own::{of_code, own},
        status::{PUSHBACK, code_of, pushback},
    },
    http::{ReplayBody, answer::original},
};

/// Keeps a status that the service gave, or makes one, with `grpc-retry-pushback-ms` in the metadata where that is known.
///
/// The codes are those of [`AnswerLayer::grpc`](crate::http::AnswerLayer::grpc). The error becomes the source of the status.
impl From<Error> for Status {
    fn from(error: Error) -> Self {
        own(error).unwrap_or_else(|error| {
            let mut headers = HeaderMap::new();
            headers.extend(pushback(original(&error)).map(|millis| (PUSHBACK.clone(), millis.into())));
            let mut status = of_code(code_of(original(&error)));
            *status.metadata_mut() = MetadataMap::from_headers(headers);
            status.set_source(Arc::new(error));
            status
        })
    }
}

impl<B> From<ReplayBody<B>> for Body
where
    B: http_body::Body + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    fn from(body: ReplayBody<B>) -> Self {
        Self::new(body)
    }
}
