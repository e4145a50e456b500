//! The body of a response.

use std::convert::Infallible;
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::live::Stream;

pin_project! {
    /// The body of a response of a [`Page`](super::Page): whole, or a stream of events that ends when it is dropped.
    pub struct PageBody {
        #[pin]
        kind: Kind,
    }
}

pin_project! {
    #[project = KindProject]
    enum Kind {
        Whole { bytes: Bytes },
        Stream { #[pin] stream: Stream },
    }
}

impl PageBody {
    pub(super) const fn whole(bytes: Bytes) -> Self {
        Self { kind: Kind::Whole { bytes } }
    }

    pub(super) const fn stream(stream: Stream) -> Self {
        Self { kind: Kind::Stream { stream } }
    }
}

impl Body for PageBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = match self.project().kind.project() {
            KindProject::Whole { bytes } if bytes.is_empty() => return Poll::Ready(None),
            KindProject::Whole { bytes } => mem::take(bytes),
            KindProject::Stream { stream } => ready!(stream.poll_event(cx)),
        };
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.kind, Kind::Whole { bytes } if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole { bytes } => SizeHint::with_exact(bytes.len() as u64),
            Kind::Stream { .. } => SizeHint::default(),
        }
    }
}

impl fmt::Debug for PageBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageBody").field("is_stream", &matches!(self.kind, Kind::Stream { .. })).finish_non_exhaustive()
    }
}
