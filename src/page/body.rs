//! The body of a response.

use std::convert::Infallible;
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::stream::Stream;

/// The body of a response of a [`Page`](super::Page): whole, or a stream of events that ends when it is dropped.
pub struct PageBody {
    kind: Kind,
}

enum Kind {
    Whole(Bytes),
    Stream(Stream),
}

impl PageBody {
    pub(super) const fn whole(bytes: Bytes) -> Self {
        Self { kind: Kind::Whole(bytes) }
    }

    pub(super) const fn stream(stream: Stream) -> Self {
        Self { kind: Kind::Stream(stream) }
    }
}

impl Body for PageBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = match &mut self.kind {
            Kind::Whole(bytes) if bytes.is_empty() => return Poll::Ready(None),
            Kind::Whole(bytes) => mem::take(bytes),
            Kind::Stream(stream) => ready!(stream.poll_event(cx)),
        };
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.kind, Kind::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Stream(_) => SizeHint::default(),
        }
    }
}

impl fmt::Debug for PageBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageBody").field("is_stream", &matches!(self.kind, Kind::Stream(_))).finish_non_exhaustive()
    }
}
