//! Response bodies that may take long, but may not pause for long.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tower::BoxError;

use super::body::{is_at_end, left};
use crate::call::End;
use crate::error::Error;
use crate::timeout::{Countdown, Pause};

/// Limits the pauses of a response's body, and ends calls as `E` does.
#[derive(Clone, Copy, Debug)]
pub struct BetweenFrames<E> {
    pub(super) limit: Duration,
    pub(super) end: E,
}

impl<E, A, B> End<Countdown, Response<A>> for BetweenFrames<E>
where
    E: End<Countdown, Response<A>, Response = Response<B>>,
    B: Body,
{
    type Response = Response<PacedBody<B>>;

    fn answered(self, countdown: Countdown, response: Response<A>) -> Self::Response {
        let pause = countdown.pause(self.limit);
        let response = self.end.answered(countdown, response);
        response.map(|body| PacedBody { body: Some(body), pause: Some(pause), sleep: None })
    }

    fn failed(self, countdown: Countdown, error: &Error) {
        self.end.failed(countdown, error);
    }
}

pin_project! {
    /// A body that ends with [`Error::TimedOut`] when it pauses for too long between two frames.
    #[derive(Debug)]
    pub struct PacedBody<B> {
        #[pin]
        body: Option<B>,
        pause: Option<Pause>,
        // Boxed, so that the body stays `Unpin`.
        sleep: Option<Pin<Box<Option<Sleep>>>>,
    }
}

impl<B: Default> Default for PacedBody<B> {
    fn default() -> Self {
        Self { body: Some(B::default()), pause: None, sleep: None }
    }
}

impl<B> Body for PacedBody<B>
where
    B: Body,
    B::Error: Into<BoxError> + 'static,
{
    type Data = B::Data;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, Error>>> {
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let frame = body.poll_frame(cx).map_err(Error::lift);
        let Some(pause) = this.pause else { return frame };
        if frame.is_ready() {
            pause.ends();
            return frame;
        }
        let sleep = this.sleep.get_or_insert_with(|| Box::pin(None)).as_mut();
        pause.poll_over(sleep, cx, || this.body.set(None)).map(|error| Some(Err(error)))
    }

    fn is_end_stream(&self) -> bool {
        is_at_end(self.body.as_ref())
    }

    fn size_hint(&self) -> SizeHint {
        left(self.body.as_ref())
    }
}
