//! Response bodies that a timeout bounds.

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

    #[inline(always)]
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
    /// How many frames came without a wait.
    in_a_row: u32,
}

impl Timing {
    /// Starts the clock, because the caller's deadline may not be around where the body is polled.
    #[inline(always)]
    fn of(mut countdown: Countdown) -> Self {
        countdown.deadline();
        Self { countdown, sleep: None, in_a_row: 0 }
    }

    /// Whether to look at the clock before the next frame. The first is polled for however short the time is.
    const fn is_to_look(&self) -> bool {
        match self.in_a_row {
            0 => false,
            // Reading the clock takes longer than most frames.
            frames => frames.is_power_of_two() || frames % 16 == 0,
        }
    }
}

pin_project! {
    /// A body that ends with [`Error::TimedOut`] when the time of its call is over.
    ///
    /// Where many frames come without a wait, the clock is read for each 16th of them. So the end may come up to 15 frames late.
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

    #[inline(always)]
    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, Error>>> {
        let mut this = self.project();
        let Some(mut body) = this.body.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let Some(timing) = this.timing else { return body.poll_frame(cx).map_err(Error::lift) };
        // Also a body that always has more runs out of time.
        if !timing.is_to_look() || body.is_end_stream() || !timing.countdown.deadline().has_come() {
            if let Poll::Ready(frame) = timing.countdown.run(|| body.as_mut().poll_frame(cx)) {
                timing.in_a_row = timing.in_a_row.wrapping_add(1);
                return Poll::Ready(frame.map(|frame| frame.map_err(Error::lift)));
            }
            timing.in_a_row = 1;
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
