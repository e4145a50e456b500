//! What a retry reads of a body before it judges the response.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::Body;
use tower::BoxError;

use super::body::in_one_piece;
use super::drain::{Ahead, DrainedBody};
use super::web_trailers::WebTrailers;
use crate::error::Error;

/// How many bytes of gRPC-Web are read at most without a message; the last frame may go beyond it. It is the usual limit for
/// metadata.
const LIMIT: usize = 8 * 1024;

/// How many frames without data are read at most in one go, because a body could give them for ever.
const EMPTY: usize = 64;

/// What a retry has read of a body before it judges the response.
///
/// It reads up to the first byte of data, or to the trailers if they come before any. In gRPC-Web, where the trailers are data, it reads
/// up to the first message. While the response is judged, trailers that came first stand in the place of its headers, as in a
/// response of trailers alone.
#[derive(Debug, Default)]
pub struct Looked(Option<Box<Ahead>>);

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
        let ahead = self.0.get_or_insert_default();
        // Read again, so that no reader need be kept while the body pends.
        if let (Some(web), Some(data)) = (&mut web, &ahead.first) {
            web.read(data);
        }
        let mut empty = 0;
        loop {
            match ready!(Pin::new(response.body_mut()).poll_frame(cx)) {
                Some(Ok(frame)) if frame.is_data() => {
                    let data = in_one_piece(frame).into_data().unwrap_or_default();
                    empty += usize::from(data.is_empty());
                    if !keep(ahead, data, web.as_mut(), response) || empty > EMPTY {
                        return Poll::Ready(());
                    }
                }
                end => {
                    let trailers = end.map(|last| last.map(|frame| frame.into_trailers().unwrap_or_default()));
                    let end = trailers.transpose().map_err(Error::lift);
                    if let Ok(Some(trailers)) = &end {
                        show(ahead, trailers.clone(), response);
                    }
                    ahead.end(end);
                    return Poll::Ready(());
                }
            }
        }
    }

    /// Makes the response as it came.
    #[inline(always)]
    pub(super) fn put_back<B: Body>(mut self, mut response: Response<B>) -> Response<DrainedBody<B>> {
        if let Some(headers) = self.0.as_mut().and_then(|ahead| ahead.headers.take()) {
            *response.headers_mut() = headers;
        }
        response.map(|body| DrainedBody::after(self.0, body))
    }
}

/// Keeps data. Returns whether to read on, because neither a message has begun nor the trailers have come.
fn keep<B>(ahead: &mut Ahead, data: Bytes, web: Option<&mut WebTrailers>, response: &mut Response<B>) -> bool {
    let is_open = match web {
        None => data.is_empty(),
        Some(web) => match web.read(&data) {
            _ if web.has_message() => false,
            Some(trailers) => {
                show(ahead, trailers, response);
                false
            }
            None => true,
        },
    };
    let data = match ahead.first.take() {
        None => data,
        Some(before) => [before, data].concat().into(),
    };
    ahead.first.insert(data).len() <= LIMIT && is_open
}

/// Puts the trailers in the place of the headers.
fn show<B>(ahead: &mut Ahead, trailers: HeaderMap, response: &mut Response<B>) {
    ahead.headers = Some(mem::replace(response.headers_mut(), trailers));
}
