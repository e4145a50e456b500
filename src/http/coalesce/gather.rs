//! Gathers the body of a response, so that callers can share it.

use std::mem;
use std::pin::Pin;
use std::sync::Arc; // a model's own cannot be unwrapped or cloned
use std::task::{Context, Poll, ready};

use bytes::{BufMut, Bytes, BytesMut};
use http::response::Parts;
use http::{HeaderMap, Response};
use http_body::Body;
use tower::BoxError;

use super::body::SharedBody;
use crate::call::POLLED_AGAIN;
use crate::coalesce::Share;
use crate::error::Error;
use crate::http::body::in_one_piece;
use crate::sync::Mutex;

/// The most bytes that are shared, unless it is told otherwise.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// Shares responses whose bodies have at most so many bytes. They are read before any caller gets the response.
#[derive(Clone, Copy, Debug)]
pub struct Buffered {
    /// `None` where nobody shares the response.
    pub(crate) max_body: Option<usize>,
}

impl<B> Share<Response<B>> for Buffered
where
    B: Body<Error: Into<BoxError> + 'static> + Unpin,
{
    type Shared = Gathered<B>;
    type Response = Response<SharedBody<B>>;
    type Gather = GatherBody<B>;

    /// A body over the limit is for the caller who began the call.
    const MAY_REFUSE: bool = true;

    fn alone(&self) -> Self {
        Self { max_body: None }
    }

    fn gather(&self, response: Response<B>) -> GatherBody<B> {
        GatherBody::new(response, self.max_body)
    }

    fn take(gathered: Gathered<B>, began: bool) -> Option<Self::Response> {
        match gathered.0 {
            Kind::Whole(response) => {
                let response = Arc::unwrap_or_clone(response);
                Some(response.map(|(data, trailers)| SharedBody::whole(data, trailers)))
            }
            Kind::TooLarge(streaming) if began => streaming.lock().take(),
            Kind::TooLarge(_) => None,
        }
    }
}

/// A response that was gathered.
#[derive(Debug)]
pub struct Gathered<B>(pub(in crate::http) Kind<B>);

/// A response whose body was read whole.
pub(in crate::http) type Whole = Response<(Bytes, Option<HeaderMap>)>;

#[derive(Debug)]
pub(in crate::http) enum Kind<B> {
    Whole(Arc<Whole>),
    /// The response as it streams, until the caller who began the call takes it.
    TooLarge(Arc<Mutex<Option<Response<SharedBody<B>>>>>),
}

impl<B> Clone for Gathered<B> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Kind::Whole(response) => Kind::Whole(Arc::clone(response)),
            Kind::TooLarge(streaming) => Kind::TooLarge(Arc::clone(streaming)),
        })
    }
}

/// The data that has come. One piece is not copied.
#[derive(Debug, Default)]
struct Data {
    first: Bytes,
    more: BytesMut,
}

impl Data {
    fn push(&mut self, piece: Bytes) {
        if self.first.is_empty() && self.more.is_empty() {
            self.first = piece;
        } else {
            self.more.put(mem::take(&mut self.first));
            self.more.put(piece);
        }
    }

    fn take(&mut self) -> Bytes {
        if self.more.is_empty() { mem::take(&mut self.first) } else { self.more.split().freeze() }
    }
}

/// Gathers the body of a response.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct GatherBody<B> {
    /// `None` once it is gathered.
    head: Option<(Parts, B)>,
    data: Data,
    /// How many bytes were read. An empty frame counts too, so that their number is bounded.
    read: usize,
    trailers: Option<HeaderMap>,
    max_body: Option<usize>,
}

impl<B> Future for GatherBody<B>
where
    B: Body<Error: Into<BoxError> + 'static> + Unpin,
{
    type Output = Result<Gathered<B>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        while let Some((_, body)) = &mut this.head {
            // Its length may be known, and then nothing of it is read.
            let left = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
            if this.max_body.is_none_or(|max| this.read.saturating_add(left) > max) {
                return Poll::Ready(Ok(this.stream()));
            }
            let Some(frame) = ready!(Pin::new(body).poll_frame(cx)) else { return Poll::Ready(Ok(this.whole())) };
            match in_one_piece(frame.map_err(Error::lift)?).into_data() {
                Ok(piece) => {
                    this.read = this.read.saturating_add(piece.len().max(1));
                    this.data.push(piece);
                }
                Err(frame) => this.trailers = frame.into_trailers().ok(),
            }
        }
        panic!("{POLLED_AGAIN}")
    }
}

impl<B> GatherBody<B> {
    pub(in crate::http) fn new(response: Response<B>, max_body: Option<usize>) -> Self {
        let (parts, body) = response.into_parts();
        Self { head: Some((parts, body)), data: Data::default(), read: 0, trailers: None, max_body }
    }

    fn whole(&mut self) -> Gathered<B> {
        let (parts, _) = self.head.take().expect(POLLED_AGAIN);
        Gathered(Kind::Whole(Arc::new(Response::from_parts(parts, (self.data.take(), self.trailers.take())))))
    }

    fn stream(&mut self) -> Gathered<B> {
        let (parts, rest) = self.head.take().expect(POLLED_AGAIN);
        let response = Response::from_parts(parts, SharedBody::streaming(self.data.take(), rest));
        Gathered(Kind::TooLarge(Arc::new(Mutex::new(Some(response)))))
    }
}
