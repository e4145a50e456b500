//! What tonic takes of this crate.
use crate::http::ReplayBody;
use tower::BoxError;

impl<B> From<ReplayBody<B>> for tonic::body::Body
where
    B: http_body::Body + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    fn from(body: ReplayBody<B>) -> Self {
        Self::new(body)
    }
}
