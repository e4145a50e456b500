//! Response bodies that a timeout bounds.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tower::BoxError;

use super::Http;
use crate::call::End;
use crate::error::Error;
use crate::timeout::Countdown;

/// A limit covers the body of the response, to its end.
impl<B: Body, C> End<Countdown, Response<B>> for Http<C> {
    type Response = Response<TimedBody<B>>;

    fn answered(self, countdown: Countdown, response: Response<B>) -> Self::Response {
        let timing = (!response.body().is_end_stream()).then(|| Timing::of(countdown));
        response.map(|body| TimedBody { body: Some(body), timing })
    }

    fn failed(self, _: Countdown, _: &Error) {}
}

/// What ends a body.
#[derive(Debug)]
struct Timing {
    countdown: Countdown,
    /// Boxed, so that the body stays `Unpin`.
    sleep: Option<Pin<Box<Option<Sleep>>>>,
    /// The body is polled once however short the time is.
    is_polled: bool,
}

impl Timing {
    /// Starts the clock, because the caller's deadline may not be around where the body is polled.
    fn of(mut countdown: Countdown) -> Self {
        countdown.deadline();
        Self { countdown, sleep: None, is_polled: false }
    }
}

pin_project! {
    /// A body that ends with [`Error::TimedOut`] when the time of its call is over.
    #[derive(Debug)]
    pub struct TimedBody<B> {
        #[pin]
        body: Option<B>,
        timing: Option<Timing>,
    }
}

impl<B: Default> Default for TimedBody<B> {
    fn default() -> Self {
        Self { body: Some(B::default()), timing: None }
    }
}

impl<B> Body for TimedBody<B>
where
    B: Body,
    B::Error: Into<BoxError> + 'static,
{
    type Data = B::Data;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, Error>>> {
        let mut this = self.project();
        let Some(mut body) = this.body.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let Some(timing) = this.timing else { return body.poll_frame(cx).map_err(Error::lift) };
        // Also a body that always has more runs out of time.
        let was_polled = mem::replace(&mut timing.is_polled, true);
        if !was_polled || body.is_end_stream() || !timing.countdown.deadline().has_come() {
            if let Poll::Ready(frame) = timing.countdown.run(|| body.as_mut().poll_frame(cx)) {
                return Poll::Ready(frame.map(|frame| frame.map_err(Error::lift)));
            }
        }
        let sleep = timing.sleep.get_or_insert_with(|| Box::pin(None)).as_mut();
        let over = timing.countdown.poll_over(sleep, cx, || this.body.set(None));
        over.map(|error| Some(Err(error)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
