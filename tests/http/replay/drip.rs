//! Request bodies of known bytes, which come in drips.

use std::convert::Infallible;
use std::iter;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

pub(crate) const CAP: usize = 64 * 1024;
pub(crate) const LARGE: usize = 10 * 1024 * 1024;

/// How large the first frames are; zero is an empty one. A server of HTTP/2 does not put up with many that are small.
const FIRST: [usize; 8] = [1, 700, 0, 9_001, 64, 0, 16_384, 1];
const THEN: usize = 10_007;

/// The bytes of every body, from its start: no part is like another. (xorshift64)
pub(crate) static BYTES: LazyLock<Bytes> = LazyLock::new(|| {
    let words = iter::successors(Some(0x9E37_79B9_7F4A_7C15_u64), |&last| {
        let last = last ^ (last << 13);
        let last = last ^ (last >> 7);
        Some(last ^ (last << 17))
    });
    words.take(LARGE / 8).flat_map(u64::to_le_bytes).collect()
});

/// The `length` bytes that come `at` this place of every body.
pub(crate) fn bytes(at: usize, length: usize) -> Bytes {
    BYTES.slice(at..at + length)
}

/// What a body tells of its length.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Told {
    /// What is left, exactly, and that nothing is.
    Exact,
    Nothing,
    /// Bounds that are wrong and never change.
    Bounds(u64, Option<u64>),
    /// That it is this long in all, whatever it is.
    Promise(u64),
    /// That so much is left, at any time.
    Still(u64),
}

/// A body in small frames, some of them empty; before each it pends, and is woken at once.
#[derive(Debug)]
pub(crate) struct Drip {
    at: usize,
    length: usize,
    told: Told,
    trailers: Option<HeaderMap>,
    gate: Option<(usize, Arc<Gate>)>,
    polls: usize,
}

/// Holds a body up until it is opened.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    is_open: AtomicBool,
    waiting: AtomicWaker,
}

impl Drip {
    pub(crate) const fn new(length: usize, told: Told) -> Self {
        Self { at: 0, length, told, trailers: None, gate: None, polls: 0 }
    }

    pub(crate) fn with_trailers(self, trailers: HeaderMap) -> Self {
        Self { trailers: Some(trailers), ..self }
    }

    /// Waits `at` this place for the gate.
    pub(crate) fn held_up(self, at: usize, gate: &Arc<Gate>) -> Self {
        Self { gate: Some((at, Arc::clone(gate))), ..self }
    }

    const fn left(&self) -> u64 {
        (self.length - self.at) as u64
    }

    fn next_frame(&mut self) -> Option<Frame<Bytes>> {
        if self.at == self.length {
            return self.trailers.take().map(Frame::trailers);
        }
        let stop = self.gate.as_ref().map_or(self.length, |&(at, _)| if self.at < at { at } else { self.length });
        let size = FIRST.get(self.polls / 2 - 1).copied().unwrap_or(THEN).min(stop - self.at);
        let frame = bytes(self.at, size);
        self.at += size;
        Some(Frame::data(frame))
    }
}

impl Gate {
    pub(crate) fn open(&self) {
        self.is_open.store(true, Ordering::Release);
        self.waiting.wake();
    }

    fn poll_open(&self, cx: &Context<'_>) -> Poll<()> {
        self.waiting.register(cx.waker());
        if self.is_open.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Body for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.gate.as_ref().is_some_and(|(at, gate)| self.at == *at && gate.poll_open(cx).is_pending()) {
            return Poll::Pending;
        }
        self.polls += 1;
        if self.polls % 2 == 1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.next_frame().map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.told, Told::Exact) && self.left() == 0 && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::new();
        match self.told {
            Told::Nothing => {}
            Told::Exact => hint.set_exact(self.left()),
            Told::Still(left) => hint.set_exact(left),
            Told::Promise(length) => hint.set_exact(length.saturating_sub(self.at as u64)),
            Told::Bounds(lower, upper) => {
                hint.set_lower(lower);
                if let Some(upper) = upper {
                    hint.set_upper(upper);
                }
            }
        }
        hint
    }
}
