//! What all attempts of one request read: its body, and a copy of what was read of it.

use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tower::BoxError;

use super::buffer::Buffer;

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

/// A body that one attempt reads at a time, the latest of those that began.
pub(super) struct Source<B> {
    rest: Rest<B>,
    /// All the data that was read; `None` once it outgrew its cap, or no attempt is left to send it again.
    kept: Option<Buffer>,
    /// How many bytes were read.
    read: u64,
    trailers: Option<HeaderMap>,
    /// The exact length of the body before it was read, where it was known.
    original: Option<u64>,
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
    Ended,
    Failed,
}

impl<B> Source<B> {
    /// Returns the number of one more attempt.
    pub(super) const fn add_attempt(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Gives the source to an attempt, unless a later one has it or this one could not be sent whole, and returns the
    /// waker of the attempt that lost it.
    #[must_use]
    pub(super) fn give_to(&mut self, attempt: u64) -> Option<Waker> {
        if attempt <= self.reader || self.kept().is_err() {
            return None;
        }
        self.reader = attempt;
        self.waiting.take()
    }

    /// Keeps the copy whole for an attempt that is to be sent; returns whether it is.
    pub(super) fn want(&mut self, attempt: u64) -> bool {
        let is_whole = self.check_reader(attempt).is_ok() && self.kept().is_ok();
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

    /// All of a body that was not read yet, if it is within the cap or is sent only once.
    #[cfg(feature = "reqwest")]
    pub(super) fn unread(&self, bytes: impl FnOnce(&B) -> Option<&[u8]>) -> Option<Bytes> {
        let (Rest::Live(body), Some(kept)) = (&self.rest, &self.kept) else { return None };
        let bytes = bytes(body).filter(|bytes| kept.is_empty() && (self.last == 0 || kept.has_room(bytes.len())))?;
        Some(Bytes::copy_from_slice(bytes))
    }

    /// Whether an attempt may read.
    pub(super) const fn check_reader(&self, attempt: u64) -> Result<(), Unsendable> {
        if attempt < self.reader { Err(Unsendable::Superseded) } else { Ok(()) }
    }

    /// What an attempt has to send before the rest.
    pub(super) fn kept(&self) -> Result<&Buffer, Unsendable> {
        match (&self.rest, &self.kept) {
            (Rest::Failed, _) => Err(Unsendable::Broken),
            (_, None) => Err(Unsendable::Outgrown),
            (_, Some(kept)) => Ok(kept),
        }
    }
}

impl<B: Body> Source<B> {
    pub(super) fn new(body: B, cap: usize) -> Self {
        Self {
            original: body.size_hint().exact(),
            rest: Rest::Live(body),
            kept: Some(Buffer::new(cap)),
            read: 0,
            trailers: None,
            last: 0,
            reader: 0,
            wanted: 0,
            waiting: None,
        }
    }

    /// Whether nothing follows what was read.
    pub(super) fn is_at_end(&self) -> bool {
        match &self.rest {
            Rest::Live(body) => body.is_end_stream(),
            Rest::Ended => self.trailers.is_none() && !self.is_short(),
            Rest::Failed => false,
        }
    }

    /// Whether the body ended short of the length that it stated. Such a body never claims to be at its end, so that the peer
    /// sees it.
    fn is_short(&self) -> bool {
        self.original.is_some_and(|original| self.read < original)
    }

    /// How much there is from the first byte on. It is the same for every attempt.
    pub(super) fn whole_size_hint(&self) -> SizeHint {
        match (self.kept(), self.original) {
            (Err(_), _) => SizeHint::new(),
            (Ok(_), Some(length)) => SizeHint::with_exact(length),
            (Ok(kept), None) => kept.before(self.size_hint()),
        }
    }

    /// How much follows what was read.
    pub(super) fn size_hint(&self) -> SizeHint {
        match &self.rest {
            Rest::Live(body) if !body.is_end_stream() => body.size_hint(),
            // HTTP/1 sends no trailers after a body whose length is stated.
            Rest::Ended if self.trailers.is_some() && self.original.is_none() => SizeHint::new(),
            Rest::Live(_) | Rest::Ended => SizeHint::with_exact(0),
            Rest::Failed => SizeHint::new(),
        }
    }
}

impl<B> Source<B>
where
    B: Body + Unpin,
    B::Error: Into<BoxError>,
{
    /// Polls for the first frame of an attempt.
    pub(super) fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.kept() {
            Ok(kept) if kept.is_empty() => self.poll_rest(cx),
            Ok(kept) => Poll::Ready(Some(Ok(Frame::data(kept.copy())))),
            Err(why) => Poll::Ready(Some(Err(why.into()))),
        }
    }

    /// Polls for what follows what was read.
    pub(super) fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        // A body that panics is never polled again.
        match mem::replace(&mut self.rest, Rest::Failed) {
            Rest::Live(body) => self.poll_live(body, cx),
            Rest::Ended => {
                self.rest = Rest::Ended;
                Poll::Ready(self.trailers.clone().map(|trailers| Ok(Frame::trailers(trailers))))
            }
            Rest::Failed => Poll::Ready(Some(Err(Unsendable::Broken.into()))),
        }
    }

    fn poll_live(&mut self, mut body: B, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Poll::Ready(read) = Pin::new(&mut body).poll_frame(cx) else {
            self.rest = Rest::Live(body);
            self.wait(cx.waker());
            return Poll::Pending;
        };
        Poll::Ready(match read {
            None => {
                self.rest = Rest::Ended;
                None
            }
            Some(Ok(frame)) => {
                let frame = frame.map_data(|mut data| data.copy_to_bytes(data.remaining()));
                let is_last = frame.is_trailers() || body.is_end_stream();
                self.keep(&frame);
                self.rest = if is_last { Rest::Ended } else { Rest::Live(body) };
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                self.kept = None;
                Some(Err(error.into()))
            }
        })
    }

    fn keep(&mut self, frame: &Frame<Bytes>) {
        if let Some(data) = frame.data_ref() {
            self.read += data.len() as u64;
            let is_wanted = self.wanted > self.reader;
            let outgrown = self.kept.take_if(|kept| !kept.push(data));
            if let Some(mut kept) = outgrown.filter(|_| is_wanted) {
                // One frame beyond the cap is kept, and its reader gets no more: the next attempt has everything.
                kept.push_beyond(data);
                self.kept = Some(kept);
                self.reader = self.wanted;
            }
        } else {
            self.trailers = frame.trailers_ref().cloned();
        }
    }

    fn wait(&mut self, waker: &Waker) {
        match &mut self.waiting {
            Some(waiting) => waiting.clone_from(waker),
            waiting => *waiting = Some(waker.clone()),
        }
    }
}
