//! The body of a response that ends with a code.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::BoxError;

use super::answer::headers;
use crate::{error::Error, http::answer};

pin_project! {
    /// Ends a body that fails with trailers that tell the code.
    ///
    /// Otherwise the stream would be reset. Made by [`AnswerLayer::grpc`](crate::http::AnswerLayer::grpc). It never fails
    /// itself, and is empty by default.
    #[derive(Debug)]
    pub struct AnswerBody<B> {
        // `None` once it has failed, and for a response that is all headers.
        #[pin]
        inner: Option<B>,
    }
}

impl<B> AnswerBody<B> {
    pub(super) const fn new(inner: B) -> Self {
        Self { inner: Some(inner) }
    }
}

impl<B> Default for AnswerBody<B> {
    fn default() -> Self {
        Self { inner: None }
    }
}

impl<B> Body for AnswerBody<B>
where
    B: Body,
    B::Error: Into<BoxError> + 'static,
{
    type Data = B::Data;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, Error>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        Poll::Ready(match ready!(inner.poll_frame(cx)) {
            None => None,
            Some(Ok(frame)) => Some(Ok(frame)),
            Some(Err(error)) => {
                this.inner.set(None);
                let error = Error::lift(error);
                answer::tell(&error);
                Some(Ok(Frame::trailers(headers(error))))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    /// Has no lower bound, because the trailers may come before all that the inner body has promised.
    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::new();
        hint.set_upper(0);
        match &self.inner {
            None => hint,
            Some(inner) => inner.size_hint().upper().map_or_else(SizeHint::new, |upper| {
                hint.set_upper(upper);
                hint
            }),
        }
    }
}
