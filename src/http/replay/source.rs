//! What all attempts of one request read: its body, and a copy of what was read of it.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tower::BoxError;

use crate::http::body::{before, in_one_piece};
use crate::http::causes::is_too_large;

/// Why an attempt cannot send the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsendable {
    #[error("this attempt's body was cut off because a later attempt sends it again")]
    Superseded,
    #[error("the body outgrew what is kept of it, so it cannot be sent again")]
    Outgrown,
    #[error("the body failed while it was first read, so it cannot be sent again")]
    Broken,
}

/// How far an attempt has sent the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It was not polled yet.
    Unsent,
    /// All that was kept is sent; the rest comes from the source.
    CaughtUp,
    Done,
}

/// A body that one attempt reads at a time, the latest of those that began.
pub(super) struct Source<B> {
    rest: Rest<B>,
    /// All the data that was read; `None` once it outgrew its cap, or no attempt is left to send it again.
    kept: Option<Vec<u8>>,
    cap: usize,
    /// How many bytes were read.
    read: u64,
    /// The exact length of the body before it was read, where it was known.
    original: Option<u64>,
    /// Whether it failed because it is over a limit.
    pub(super) is_too_large: bool,
    /// The number of the attempt that was made last.
    last: u64,
    /// The number of the attempt that reads.
    reader: u64,
    /// The number of the attempt that is to be sent next, for which the copy must stay whole.
    wanted: u64,
    /// The reader's task, if it ever waited.
    waiting: Option<Waker>,
}

enum Rest<B> {
    Live(B),
    Ended { trailers: Option<HeaderMap> },
    Failed,
}

impl<B> Source<B> {
    /// Returns the number of one more attempt.
    pub(super) const fn add_attempt(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Gives the source to an attempt that begins, if it can be sent whole. Returns the waker of the attempt that lost it.
    #[must_use]
    pub(super) fn give_to(&mut self, attempt: u64) -> Option<Waker> {
        self.ahead(attempt, Progress::Unsent).ok()?;
        self.reader = attempt;
        self.waiting.take()
    }

    /// Keeps the copy whole for an attempt that is to be sent. Returns whether it is whole.
    pub(super) fn want(&mut self, attempt: u64) -> bool {
        let is_whole = self.ahead(attempt, Progress::Unsent).is_ok();
        if is_whole {
            self.wanted = self.wanted.max(attempt);
        }
        is_whole
    }

    /// Frees the copy when only one of several attempts is left: no other can follow.
    pub(super) fn commit(&mut self) {
        if self.last > 0 {
            self.kept = None;
        }
    }

    /// What an attempt has to send before the rest.
    fn ahead(&self, attempt: u64, progress: Progress) -> Result<&[u8], Unsendable> {
        match (&self.rest, &self.kept) {
            _ if attempt < self.reader => Err(Unsendable::Superseded),
            _ if progress != Progress::Unsent => Ok(&[]),
            (Rest::Failed, _) => Err(Unsendable::Broken),
            (_, None) => Err(Unsendable::Outgrown),
            (_, Some(kept)) => Ok(kept),
        }
    }

    fn keep(&mut self, data: &[u8]) {
        self.read += data.len() as u64;
        let outgrown = self.kept.take_if(|kept| !push(kept, data, self.cap));
        if let Some(mut kept) = outgrown.filter(|_| self.wanted > self.reader) {
            // One frame beyond the cap is kept, and its reader gets no more: the next attempt has everything.
            kept.extend_from_slice(data);
            self.kept = Some(kept);
            self.reader = self.wanted;
        }
    }
}

impl<B: Body> Source<B> {
    pub(super) fn new(body: B, cap: usize) -> Self {
        Self {
            original: body.size_hint().exact(),
            rest: Rest::Live(body),
            kept: Some(Vec::new()),
            cap,
            read: 0,
            is_too_large: false,
            last: 0,
            reader: 0,
            wanted: 0,
            waiting: None,
        }
    }

    /// Whether an attempt has nothing left to send.
    pub(super) fn is_at_end(&self, attempt: u64, progress: Progress) -> bool {
        self.ahead(attempt, progress).is_ok_and(<[u8]>::is_empty) && self.has_ended()
    }

    /// How much an attempt has left to send. Before it begins, that is the same for every attempt.
    pub(super) fn size_hint(&self, attempt: u64, progress: Progress) -> SizeHint {
        match (self.ahead(attempt, progress), progress, self.original) {
            (Err(_), ..) => SizeHint::new(),
            (Ok(_), Progress::Unsent, Some(length)) => SizeHint::with_exact(length),
            (Ok(kept), ..) => before(kept.len(), self.rest()),
        }
    }

    /// All the data of the body, if it was read and kept to its end, and no trailers follow.
    pub(super) fn whole(&self) -> Option<Bytes> {
        self.kept.as_deref().filter(|_| self.has_ended()).map(Bytes::copy_from_slice)
    }

    /// Whether nothing follows what was read.
    ///
    /// A body that ended short of the length that it stated never claims to be at its end, so that the peer sees it.
    pub(super) fn has_ended(&self) -> bool {
        let is_short = || self.original.is_some_and(|original| self.read < original);
        match &self.rest {
            Rest::Live(body) => body.is_end_stream(),
            Rest::Ended { trailers } => trailers.is_none() && !is_short(),
            Rest::Failed => false,
        }
    }

    /// How much follows what was read.
    fn rest(&self) -> SizeHint {
        match &self.rest {
            Rest::Live(body) if !body.is_end_stream() => body.size_hint(),
            // HTTP/1 sends no trailers after a body whose length is stated.
            Rest::Ended { trailers: Some(_) } if self.original.is_none() => SizeHint::new(),
            Rest::Failed => SizeHint::new(),
            Rest::Live(_) | Rest::Ended { .. } => SizeHint::with_exact(0),
        }
    }
}

type Read = Option<Result<Frame<Bytes>, BoxError>>;

impl<B: Body<Error: Into<BoxError>> + Unpin> Source<B> {
    /// Polls for the next frame of an attempt.
    pub(super) fn poll(&mut self, attempt: u64, progress: Progress, cx: &mut Context<'_>) -> Poll<Read> {
        match self.ahead(attempt, progress) {
            Ok([]) => self.poll_rest(cx),
            Ok(kept) => Poll::Ready(Some(Ok(Frame::data(Bytes::copy_from_slice(kept))))),
            Err(why) => Poll::Ready(Some(Err(why.into()))),
        }
    }

    /// Polls for what follows what was read.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Read> {
        // A body that panics is never polled again.
        match mem::replace(&mut self.rest, Rest::Failed) {
            Rest::Live(body) => self.poll_live(body, cx),
            Rest::Ended { trailers } => {
                self.rest = Rest::Ended { trailers: trailers.clone() };
                Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))))
            }
            Rest::Failed => Poll::Ready(Some(Err(Unsendable::Broken.into()))),
        }
    }

    fn poll_live(&mut self, mut body: B, cx: &mut Context<'_>) -> Poll<Read> {
        let polled = Pin::new(&mut body).poll_frame(cx).map_ok(in_one_piece).map_err(Into::into);
        match &polled {
            Poll::Pending => {
                self.rest = Rest::Live(body);
                self.waiting.get_or_insert_with(|| cx.waker().clone()).clone_from(cx.waker());
            }
            Poll::Ready(Some(Ok(frame))) => {
                self.keep(frame.data_ref().map_or(&[], |data| data));
                let is_last = frame.is_trailers() || body.is_end_stream();
                let trailers = frame.trailers_ref().cloned();
                self.rest = if is_last { Rest::Ended { trailers } } else { Rest::Live(body) };
            }
            Poll::Ready(Some(Err(error))) => {
                self.kept = None;
                self.is_too_large = is_too_large(&**error);
            }
            Poll::Ready(None) => self.rest = Rest::Ended { trailers: None },
        }
        polled
    }
}

/// Adds data, unless there would be more than the cap.
#[must_use]
pub(in crate::http) fn push(kept: &mut Vec<u8>, data: &[u8], cap: usize) -> bool {
    let room = cap.saturating_sub(kept.len());
    if data.len() > room {
        return false;
    }
    if data.len() > kept.capacity() - kept.len() {
        // The capacity doubles, as with `reserve`, but not beyond the cap.
        kept.reserve_exact(data.len().max(kept.len()).min(room));
    }
    kept.extend_from_slice(data);
    true
}
