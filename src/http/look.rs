//! What a retry reads of a body before it judges the response.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::{HeaderMap, Response};
use http_body::{Body, Frame};
use tower::BoxError;

use super::body::in_one_piece;
use super::drain::{Ahead, DrainedBody};
use super::web_trailers::WebTrailers;
use crate::error::Error;

/// How many bytes of gRPC-Web are read at most without a message; the last frame may go beyond it. It is the usual limit for
/// metadata.
const LIMIT: usize = 8 * 1024;

/// What a retry has read of a body before it judges the response.
///
/// It reads up to the first data, or to the trailers if they come before any. In gRPC-Web, where the trailers are data, it reads
/// up to the first message. While the response is judged, trailers that came first stand in the place of its headers, as in a
/// response of trailers alone.
#[derive(Debug, Default)]
pub struct Looked {
    data: Option<Bytes>,
    /// The response's own headers, while the trailers stand in their place.
    headers: Option<Box<HeaderMap>>,
    /// The trailers or the error that came in place of data.
    ahead: Option<Box<Ahead>>,
    has_ended: bool,
}

impl Looked {
    /// Reads on. Ready once it is known what comes first.
    pub(super) fn poll<B>(&mut self, response: &mut Response<B>, cx: &mut Context<'_>) -> Poll<()>
    where
        B: Body<Error: Into<BoxError> + 'static> + Unpin,
    {
        if response.body().is_end_stream() {
            return Poll::Ready(());
        }
        let mut web = WebTrailers::of(response.headers());
        // Read again, so that no reader need be kept while the body pends.
        if let (Some(web), Some(data)) = (&mut web, &self.data) {
            web.read(data);
        }
        loop {
            match ready!(Pin::new(response.body_mut()).poll_frame(cx)) {
                Some(Ok(frame)) if frame.is_data() => {
                    if !self.keep(frame, web.as_mut(), response) {
                        return Poll::Ready(());
                    }
                }
                end => {
                    self.end(end, response);
                    return Poll::Ready(());
                }
            }
        }
    }

    /// Keeps data. Returns whether to read on, because neither a message has begun nor the trailers have come.
    fn keep<B>(&mut self, frame: Frame<impl Buf>, web: Option<&mut WebTrailers>, response: &mut Response<B>) -> bool {
        let data = in_one_piece(frame).into_data().unwrap_or_default();
        let is_open = web.is_some_and(|web| match web.read(&data) {
            // A body could give frames of nothing for ever.
            _ if web.has_message() || data.is_empty() => false,
            Some(trailers) => {
                self.show(trailers, response);
                false
            }
            None => true,
        });
        let data = match self.data.take() {
            None => data,
            Some(before) => [before, data].concat().into(),
        };
        self.data.insert(data).len() <= LIMIT && is_open
    }

    /// Keeps what ended the body: trailers, an error, or nothing.
    fn end<B, D>(&mut self, end: Option<Result<Frame<D>, impl Into<BoxError> + 'static>>, response: &mut Response<B>) {
        self.has_ended = true;
        let ahead = match end {
            None => return,
            Some(Err(error)) => Ahead::failed(Error::lift(error)),
            Some(Ok(frame)) => {
                let trailers = frame.into_trailers().unwrap_or_default();
                self.show(trailers.clone(), response);
                Ahead::ended(trailers)
            }
        };
        self.ahead = Some(Box::new(ahead));
    }

    /// Puts the trailers in the place of the headers.
    fn show<B>(&mut self, trailers: HeaderMap, response: &mut Response<B>) {
        self.headers = Some(Box::new(mem::replace(response.headers_mut(), trailers)));
    }

    /// Makes the response as it came.
    pub(super) fn put_back<B: Body>(self, mut response: Response<B>) -> Response<DrainedBody<B>> {
        if let Some(headers) = self.headers {
            *response.headers_mut() = *headers;
        }
        response.map(|body| DrainedBody::after(self.data, self.ahead, (!self.has_ended).then_some(body)))
    }
}
