//! Dead letters of HTTP calls: their requests are whole in memory.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Request;
use http::request::Parts;
use http_body::Body;
use tower::BoxError;

use crate::call::POLLED_AGAIN;
use crate::dead_letter::KeepLetter;
use crate::http::replay::source::push;
use crate::http::{Annotate, ReplayBody, Resend};

/// A letter has the whole body of its request. What is not read of it when the call fails is read then.
///
/// There is no letter of a request whose body is larger than the limit, or has failed. The extensions of the request stay behind: they are
/// about the call that failed.
#[diagnostic::do_not_recommend]
impl<R, B, A> KeepLetter<Request<R>> for Resend<B, A>
where
    R: Body<Error: Into<BoxError>> + Unpin + 'static,
    B: From<ReplayBody<R>>,
    A: Annotate,
{
    type Letter = Request<Bytes>;
    type Making = MakingLetter<R>;

    fn make(&self, copy: Request<ReplayBody<R>>) -> MakingLetter<R> {
        let (parts, body) = copy.into_parts();
        MakingLetter { parts: Some(parts), body, data: Vec::new(), max_body: self.max_body }
    }
}

/// Reads the body of a request for its letter.
pub struct MakingLetter<R> {
    /// `None` once it is done.
    parts: Option<Parts>,
    body: ReplayBody<R>,
    data: Vec<u8>,
    max_body: usize,
}

impl<R: Body<Error: Into<BoxError>> + Unpin> Future for MakingLetter<R> {
    type Output = Option<Request<Bytes>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    if !push(&mut this.data, &data, this.max_body) {
                        return Poll::Ready(None);
                    }
                }
                Some(Err(_)) => return Poll::Ready(None),
                None => return Poll::Ready(Some(this.request())),
            }
        }
    }
}

impl<R> MakingLetter<R> {
    fn request(&mut self) -> Request<Bytes> {
        let mut parts = self.parts.take().expect(POLLED_AGAIN);
        parts.extensions.clear();
        Request::from_parts(parts, mem::take(&mut self.data).into())
    }
}

impl<R> fmt::Debug for MakingLetter<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MakingLetter").field("read", &self.data.len()).finish_non_exhaustive()
    }
}
