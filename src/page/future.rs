//! The future of a response.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http_body::Body;
use pin_project_lite::pin_project;

use super::gate::LONGEST_BODY;
use super::refusal::Refusal;
use super::reply::{self, Reply};
use super::shared::Shared;
use super::steering;

pin_project! {
    /// The future of a [`Page`](super::Page). It is ready at once, but for a request to steer, whose body it reads first.
    pub struct PageFuture<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProject]
    enum Kind<B> {
        Ready { response: Option<Reply> },
        Steer { shared: Arc<Shared>, by: String, read: Vec<u8>, #[pin] body: B },
    }
}

impl<B> PageFuture<B> {
    pub(super) const fn ready(response: Reply) -> Self {
        Self { kind: Kind::Ready { response: Some(response) } }
    }

    pub(super) const fn steer(shared: Arc<Shared>, by: String, body: B) -> Self {
        Self { kind: Kind::Steer { shared, by, read: Vec::new(), body } }
    }
}

impl<B: Body> Future for PageFuture<B> {
    type Output = Result<Reply, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(match self.project().kind.project() {
            KindProject::Ready { response } => response.take().expect("polled after it was ready"),
            KindProject::Steer { shared, by, read, body } => {
                let steered = ready!(poll_whole(body, read, cx)).and_then(|()| steering::steer(shared, read, by));
                steered.unwrap_or_else(reply::refuse)
            }
        }))
    }
}

/// Reads a body to its end, unless it is too large.
fn poll_whole<B: Body>(mut body: Pin<&mut B>, read: &mut Vec<u8>, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
    while let Some(frame) = ready!(body.as_mut().poll_frame(cx)) {
        let Ok(frame) = frame else {
            return Poll::Ready(Err(Refusal::Malformed("The body of the request broke off.")));
        };
        let Ok(mut data) = frame.into_data() else { continue };
        if data.remaining() > LONGEST_BODY - read.len() {
            return Poll::Ready(Err(Refusal::TooLarge));
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            read.extend_from_slice(chunk);
            data.advance(chunk.len());
        }
    }
    Poll::Ready(Ok(()))
}

impl<B> fmt::Debug for PageFuture<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageFuture").field("is_ready", &matches!(self.kind, Kind::Ready { .. })).finish_non_exhaustive()
    }
}
