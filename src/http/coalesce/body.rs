//! The body of a response that may be shared.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tower::BoxError;

use crate::error::Error;
use crate::http::body::{before, in_one_piece, is_at_end, left};

/// The body of a response that callers share, or of one that is too large for that.
///
/// One that is shared is whole in memory, and its data is not copied. The other streams what was read of it, and then the rest.
#[derive(Debug)]
pub struct SharedBody<B> {
    data: Bytes,
    trailers: Option<HeaderMap>,
    rest: Option<B>,
}

impl<B> SharedBody<B> {
    pub(in crate::http) const fn whole(data: Bytes, trailers: Option<HeaderMap>) -> Self {
        Self { data, trailers, rest: None }
    }

    /// One that streams from its first byte.
    #[cfg(feature = "http-cache-semantics")]
    pub(in crate::http) const fn passing(rest: B) -> Self {
        Self::streaming(Bytes::new(), rest)
    }

    pub(super) const fn streaming(data: Bytes, rest: B) -> Self {
        Self { data, trailers: None, rest: Some(rest) }
    }
}

impl<B> Default for SharedBody<B> {
    fn default() -> Self {
        Self::whole(Bytes::new(), None)
    }
}

impl<B> Body for SharedBody<B>
where
    B: Body<Error: Into<BoxError> + 'static> + Unpin,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if !self.data.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(mem::take(&mut self.data)))));
        }
        match &mut self.rest {
            Some(rest) => Pin::new(rest).poll_frame(cx).map_ok(in_one_piece).map_err(Error::lift),
            None => Poll::Ready(self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_empty() && self.trailers.is_none() && is_at_end(self.rest.as_ref())
    }

    fn size_hint(&self) -> SizeHint {
        before(self.data.len(), left(self.rest.as_ref()))
    }
}
