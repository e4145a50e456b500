//! Response bodies with the deadline of their call around them.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::Deadline;

pin_project! {
    /// A body whose frames are made with the deadline around that the request brought.
    #[derive(Debug, Default)]
    pub struct DeadlineBody<B> {
        #[pin]
        inner: B,
        brought: Option<Deadline>,
    }
}

impl<B> DeadlineBody<B> {
    pub(super) const fn new(inner: B, brought: Option<Deadline>) -> Self {
        Self { inner, brought }
    }
}

impl<B: Body> Body for DeadlineBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let _scope = this.brought.map(Deadline::enter);
        this.inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
