//! The body of a response that may have to make room for another attempt.

use std::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tower::BoxError;

use super::replay::buffer::Buffer;
use crate::error::Error;

/// The most bytes to drain, of data and again of trailers.
const LIMIT: usize = 16 * 1024;

/// The most frames to drain, however small they are.
const FRAMES: usize = 64;

/// The body of a response that retry may set aside.
///
/// A response that is to be replaced holds a connection, and places of the layers below. So before the next attempt, the rest
/// of a small body (16 KiB, in at most 64 frames) is read into memory, and a larger one is dropped. If no other attempt can be
/// sent after all, this body returns what was read. If the rest was dropped, an error that says so comes after it.
///
/// The body of every other response streams through unchanged.
pub struct DrainedBody<B> {
    /// What is still to be read; `None` once that ended, failed or was dropped.
    inner: Option<B>,
    /// `None` while nothing was read ahead.
    aside: Option<Box<Aside>>,
}

/// What was read ahead, and what comes after `inner`.
struct Aside {
    data: Buffer,
    trailers: Option<HeaderMap>,
    frames: usize,
    end: End,
}

#[derive(Debug)]
enum End {
    Whole,
    Dropped,
    Failed(Error),
}

#[derive(Debug, thiserror::Error)]
#[error("the rest of this answer was dropped when the call was tried again")]
struct RestDropped;

impl<B> DrainedBody<B> {
    /// Makes a body that streams through.
    pub(crate) const fn streaming(body: B) -> Self {
        Self { inner: Some(body), aside: None }
    }

    fn end(&mut self, end: End) {
        // The end is noted first, because dropping the body may do anything.
        let inner = self.inner.take();
        if !matches!(end, End::Whole) {
            self.aside.get_or_insert_default().end = end;
        }
        drop(inner);
    }
}

impl<B> DrainedBody<B>
where
    B: Body + Unpin,
    B::Error: Into<BoxError> + 'static,
{
    /// Reads the rest into memory. Ready once the rest has ended or failed, or was too much and was dropped.
    pub(crate) fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(inner) = &mut self.inner {
            let end = if inner.is_end_stream() {
                Some(End::Whole)
            } else {
                let read = ready!(Pin::new(inner).poll_frame(cx));
                self.aside.get_or_insert_default().take_in(read)
            };
            if let Some(end) = end {
                self.end(end);
            }
        }
        Poll::Ready(())
    }

    /// Drops what was not read.
    pub(crate) fn drop_rest(&mut self) {
        if let Some(inner) = &self.inner {
            let end = if inner.is_end_stream() { End::Whole } else { End::Dropped };
            self.end(end);
        }
    }
}

impl Aside {
    /// Keeps what was read, and returns how the body ended if it did.
    fn take_in<D, E>(&mut self, read: Option<Result<Frame<D>, E>>) -> Option<End>
    where
        D: Buf,
        E: Into<BoxError> + 'static,
    {
        self.frames += 1;
        match read {
            None => Some(End::Whole),
            Some(Err(error)) => Some(End::Failed(Error::lift(error))),
            Some(Ok(_)) if self.frames > FRAMES => Some(End::Dropped),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) if data.remaining() > LIMIT => Some(End::Dropped),
                Ok(mut data) => (!self.data.push(&data.copy_to_bytes(data.remaining()))).then_some(End::Dropped),
                Err(frame) => frame.into_trailers().ok().map(|trailers| self.take_in_trailers(trailers)),
            },
        }
    }

    fn take_in_trailers(&mut self, trailers: HeaderMap) -> End {
        let size: usize = trailers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if size > LIMIT {
            return End::Dropped;
        }
        self.trailers = Some(trailers);
        End::Whole
    }

    /// The next of what was read.
    fn next(&mut self) -> Option<Frame<Bytes>> {
        if self.data.is_empty() {
            return self.trailers.take().map(Frame::trailers);
        }
        Some(Frame::data(self.data.take()))
    }

    /// The error that comes after what was read, once.
    fn error(&mut self) -> Option<Error> {
        match mem::replace(&mut self.end, End::Whole) {
            End::Whole => None,
            End::Dropped => Some(Error::Service(RestDropped.into())),
            End::Failed(error) => Some(error),
        }
    }

    fn is_used_up(&self) -> bool {
        self.data.is_empty() && self.trailers.is_none() && matches!(self.end, End::Whole)
    }

    /// How much comes after what was read, when there is no more to read.
    fn after(&self) -> SizeHint {
        match self.end {
            End::Whole => SizeHint::with_exact(0),
            End::Dropped | End::Failed(_) => SizeHint::new(),
        }
    }
}

impl Default for Aside {
    fn default() -> Self {
        Self { data: Buffer::new(LIMIT), trailers: None, frames: 0, end: End::Whole }
    }
}

impl<B> Body for DrainedBody<B>
where
    B: Body + Unpin,
    B::Error: Into<BoxError> + 'static,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = &mut *self;
        if let Some(frame) = this.aside.as_mut().and_then(|aside| aside.next()) {
            return Poll::Ready(Some(Ok(frame)));
        }
        let Some(inner) = &mut this.inner else {
            return Poll::Ready(this.aside.as_mut().and_then(|aside| aside.error()).map(Err));
        };
        let polled = ready!(Pin::new(inner).poll_frame(cx));
        Poll::Ready(polled.map(|read| match read {
            Ok(frame) => Ok(frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))),
            Err(error) => Err(Error::lift(error)),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.aside.as_ref().is_none_or(|aside| aside.is_used_up())
            && self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.inner, &self.aside) {
            (Some(inner), None) => inner.size_hint(),
            (Some(inner), Some(aside)) => aside.data.before(inner.size_hint()),
            (None, Some(aside)) => aside.data.before(aside.after()),
            (None, None) => SizeHint::with_exact(0),
        }
    }
}

impl<B: Default> Default for DrainedBody<B> {
    fn default() -> Self {
        Self::streaming(B::default())
    }
}

impl<B> fmt::Debug for DrainedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut body = f.debug_struct("DrainedBody");
        body.field("is_streaming", &self.aside.is_none());
        body.field("end", &self.aside.as_ref().map(|aside| &aside.end)).finish_non_exhaustive()
    }
}
