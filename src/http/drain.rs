//! The body of a response that may have to make room for another attempt.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tower::BoxError;

use super::body::{before, in_one_piece, is_at_end, left};
use crate::debug::debug_by_type;
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
    ahead: Option<Box<Ahead>>,
}

/// What was read ahead.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// The data that was read before the response was judged.
    pub(super) first: Option<Bytes>,
    frames: VecDeque<Frame<Bytes>>,
    /// Comes after the frames, if the rest failed or was dropped.
    error: Option<Error>,
    /// Whether nothing is left to read.
    has_ended: bool,
    /// The response's own headers, while its trailers stand in their place.
    pub(super) headers: Option<HeaderMap>,
}

/// What stands for a rest that was dropped.
fn rest_dropped() -> Error {
    Error::Service(RestDropped.into())
}

#[derive(Debug, thiserror::Error)]
#[error("the rest of this response was dropped when the call was tried again")]
struct RestDropped;

impl<B: Body> DrainedBody<B> {
    /// Makes a body that streams through.
    pub(crate) const fn streaming(body: B) -> Self {
        Self { inner: Some(body), ahead: None }
    }

    /// Makes a body whose beginning was read ahead.
    #[inline(always)]
    pub(super) fn after(ahead: Option<Box<Ahead>>, body: B) -> Self {
        match ahead {
            None => Self::streaming(body),
            Some(ahead) => Self { inner: (!ahead.has_ended).then_some(body), ahead: Some(ahead) },
        }
    }

    /// Drops what was not read.
    pub(crate) fn drop_rest(&mut self) {
        if !is_at_end(self.inner.as_ref()) {
            self.fail(rest_dropped());
        }
        self.inner = None;
    }

    /// Drops the rest, and puts an error in its place.
    fn fail(&mut self, error: Error) {
        // Set first, because dropping the body may do anything.
        self.ahead.get_or_insert_default().error = Some(error);
        self.inner = None;
    }
}

impl<B: Body<Error: Into<BoxError> + 'static> + Unpin> DrainedBody<B> {
    /// Reads the rest into memory. Ready once the rest has ended or failed, or was too much and was dropped.
    pub(crate) fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(inner) = self.inner.as_mut().filter(|inner| !inner.is_end_stream()) {
            match ready!(Pin::new(inner).poll_frame(cx)) {
                None => self.inner = None,
                Some(Err(error)) => self.fail(Error::lift(error)),
                Some(Ok(frame)) => {
                    let is_last = frame.is_trailers();
                    if !self.ahead.get_or_insert_default().keep(frame) {
                        self.fail(rest_dropped());
                    } else if is_last {
                        self.inner = None;
                    }
                }
            }
        }
        self.inner = None;
        Poll::Ready(())
    }
}

impl Ahead {
    /// Notes that the body has ended, with these trailers if it had any, or failed.
    pub(super) fn end(&mut self, end: Result<Option<HeaderMap>, Error>) {
        self.has_ended = true;
        match end {
            Ok(trailers) => self.frames.extend(trailers.map(Frame::trailers)),
            Err(error) => self.error = Some(error),
        }
    }

    /// Keeps a copy of a frame, unless that is too much. The frame itself may be a part of something larger.
    #[must_use]
    fn keep<D: Buf>(&mut self, frame: Frame<D>) -> bool {
        let is_small = match frame.data_ref() {
            Some(data) => data.remaining() <= LIMIT.saturating_sub(self.bytes()),
            None => frame.trailers_ref().is_none_or(|trailers| size(trailers) <= LIMIT),
        };
        let fits = is_small && self.frames.len() < FRAMES;
        if fits {
            self.frames.push_back(in_one_piece(frame).map_data(|data| Bytes::copy_from_slice(&data)));
        }
        fits
    }

    fn pop(&mut self) -> Option<Frame<Bytes>> {
        self.first.take().map(Frame::data).or_else(|| self.frames.pop_front())
    }

    fn bytes(&self) -> usize {
        self.frames.iter().filter_map(Frame::data_ref).chain(&self.first).map(Bytes::len).sum()
    }
}

fn size(trailers: &HeaderMap) -> usize {
    trailers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

impl<B: Body<Error: Into<BoxError> + 'static> + Unpin> Body for DrainedBody<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(frame) = self.ahead.as_mut().and_then(|ahead| ahead.pop()) {
            return Poll::Ready(Some(Ok(frame)));
        }
        match &mut self.inner {
            Some(inner) => Pin::new(inner).poll_frame(cx).map_ok(in_one_piece).map_err(Error::lift),
            None => Poll::Ready(self.ahead.as_mut().and_then(|ahead| ahead.error.take()).map(Err)),
        }
    }

    fn is_end_stream(&self) -> bool {
        let is_used_up = |ahead: &Ahead| ahead.first.is_none() && ahead.frames.is_empty() && ahead.error.is_none();
        self.ahead.as_deref().is_none_or(is_used_up) && is_at_end(self.inner.as_ref())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.ahead {
            None => left(self.inner.as_ref()),
            // Nothing is promised of what the error stands for.
            Some(ahead) if ahead.error.is_some() => before(ahead.bytes(), SizeHint::new()),
            Some(ahead) => before(ahead.bytes(), left(self.inner.as_ref())),
        }
    }
}

impl<B: Body + Default> Default for DrainedBody<B> {
    fn default() -> Self {
        Self::streaming(B::default())
    }
}

debug_by_type! { DrainedBody<B> }
