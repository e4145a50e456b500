//! What tonic takes of this crate.

use tower::BoxError;

use crate::http::ReplayBody;

impl<B> From<ReplayBody<B>> for tonic::body::Body
where
    B: http_body::Body + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    fn from(body: ReplayBody<B>) -> Self {
        Self::new(body)
    }
}
