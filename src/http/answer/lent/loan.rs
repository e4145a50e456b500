//! The loan of a body, and the body that the inner service gets.

use std::any::Any;
use std::mem;
use std::pin::Pin;
use std::sync::Arc; // a model's own cannot point to a trait object
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http::{Request, Version};
use http_body::{Body, Frame, SizeHint};

use crate::http::body::{is_at_end, left};
use crate::sync::Mutex;

/// The most bytes to read of what was left unread.
const LIMIT: usize = 64 * 1024;

/// The layer's end of a loan.
pub(in crate::http) type Lender = Arc<dyn Lent>;

/// A body that was lent to the inner service.
pub(in crate::http) trait Lent: Send + Sync {
    /// Reads what is left. Ready once nothing is, or too much.
    fn poll_rest(&self, cx: &mut Context<'_>) -> Poll<()>;
}

/// Lends the body of a request that came over HTTP/2, if it is a `B`. `hold` makes the body that the inner service gets.
#[cfg_attr(
    not(any(feature = "axum", feature = "tonic")),
    expect(dead_code, reason = "no type of body can hold a loan")
)]
pub(super) fn lend_body<R: 'static, B>(request: &mut R, hold: fn(LentBody<B>) -> B) -> Option<Lender>
where
    B: Body<Data = Bytes> + Default + Send + Unpin + 'static,
{
    let request: &mut dyn Any = request;
    let request = request.downcast_mut::<Request<B>>()?;
    if request.version() != Version::HTTP_2 || request.body().is_end_stream() {
        return None;
    }
    let loan = Arc::new(Mutex::new(Loan { whereabouts: Whereabouts::Lent, read: 0, waiting: None }));
    let body = Some(mem::take(request.body_mut()));
    *request.body_mut() = hold(LentBody { body, loan: Arc::clone(&loan) });
    Some(loan)
}

struct Loan<B> {
    whereabouts: Whereabouts<B>,
    /// How many bytes were read after the body came back.
    read: usize,
    waiting: Option<Waker>,
}

enum Whereabouts<B> {
    Lent,
    Back(B),
    Done,
}

impl<B: Body<Data = Bytes> + Send + Unpin> Lent for Mutex<Loan<B>> {
    fn poll_rest(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut loan = self.lock();
        while let Whereabouts::Back(body) = &mut loan.whereabouts {
            let read = ready!(Pin::new(body).poll_frame(cx));
            loan.took(read.and_then(Result::ok));
        }
        if matches!(loan.whereabouts, Whereabouts::Done) {
            return Poll::Ready(());
        }
        loan.waiting = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl<B: Body> Loan<B> {
    /// Ends the loan after the last frame, and where there is too much.
    fn took(&mut self, frame: Option<Frame<Bytes>>) {
        let Whereabouts::Back(body) = &self.whereabouts else { return };
        // An empty frame counts too, so that their number is bounded.
        self.read += frame.as_ref().and_then(Frame::data_ref).map_or(0, Bytes::len).max(1);
        let is_last = frame.is_none_or(|frame| frame.is_trailers()) || body.is_end_stream();
        if is_last || body.size_hint().lower() > LIMIT.saturating_sub(self.read) as u64 || self.read > LIMIT {
            self.whereabouts = Whereabouts::Done;
        }
    }
}

/// A body that goes back to the layer when it is dropped.
pub(super) struct LentBody<B: Body> {
    /// `None` once it was read to its end.
    body: Option<B>,
    loan: Arc<Mutex<Loan<B>>>,
}

impl<B: Body<Data = Bytes> + Unpin> Body for LentBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        is_at_end(self.body.as_ref())
    }

    fn size_hint(&self) -> SizeHint {
        left(self.body.as_ref())
    }
}

impl<B: Body> Drop for LentBody<B> {
    fn drop(&mut self) {
        // Nobody else has the loan once the layer has responded.
        if Arc::strong_count(&self.loan) == 1 {
            return;
        }
        let mut loan = self.loan.lock();
        loan.whereabouts = match self.body.take().filter(|body| !body.is_end_stream()) {
            Some(body) if body.size_hint().lower() <= LIMIT as u64 => Whereabouts::Back(body),
            _ => Whereabouts::Done,
        };
        let waiting = loan.waiting.take();
        drop(loan);
        waiting.into_iter().for_each(Waker::wake);
    }
}
