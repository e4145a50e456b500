//! A body that gives what it was told to give.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tower::BoxError;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Data(Bytes),
    Trailers(HeaderMap),
    Error,
    Panic,
    /// Pending once, and woken at once.
    Pending,
}

impl Step {
    pub(crate) fn data(data: impl Into<Vec<u8>>) -> Self {
        Self::Data(Bytes::from(data.into()))
    }
}

/// Panics when it is polled after its end.
#[derive(Debug, Default)]
pub(crate) struct Scripted {
    steps: VecDeque<Step>,
    hint: SizeHint,
    tells_its_end: bool,
    is_over: bool,
    polls: Arc<AtomicUsize>,
}

impl Scripted {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), ..Self::default() }
    }

    pub(crate) fn hinting(mut self, hint: SizeHint) -> Self {
        self.hint = hint;
        self
    }

    /// Says that it is at its end as soon as it is, not only when it is polled for more.
    pub(crate) fn telling_its_end(mut self) -> Self {
        self.tells_its_end = true;
        self
    }

    /// How often it was polled so far.
    pub(crate) fn polls(&self) -> impl Fn() -> usize + use<> {
        let polls = Arc::clone(&self.polls);
        move || polls.load(SeqCst)
    }
}

impl Body for Scripted {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        assert!(!self.is_over, "polled after its end");
        self.polls.fetch_add(1, SeqCst);
        let step = self.steps.pop_front();
        self.is_over = matches!(step, None | Some(Step::Trailers(_) | Step::Error | Step::Panic));
        match step {
            None => Poll::Ready(None),
            Some(Step::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data)))),
            Some(Step::Trailers(trailers)) => Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
            Some(Step::Error) => Poll::Ready(Some(Err("the source broke".into()))),
            Some(Step::Panic) => panic!("as told"),
            Some(Step::Pending) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.tells_its_end && self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}
