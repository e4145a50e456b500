//! Response bodies that a timeout bounds.

use std::{
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep};
use tower::BoxError;

use crate::{
    Deadline, Error,
    deadline::{self, Scope},
    time,
    timeout::{Countdown, Cover},
};

/// The limit covers the body of the answer, to its end.
#[derive(Clone, Copy, Debug)]
pub struct WholeAnswer;

impl<B: Body> Cover<Response<B>> for WholeAnswer {
    type Response = Response<TimedBody<B>>;

    fn cover(response: Response<B>, countdown: &Countdown, asked: Option<Instant>) -> Self::Response {
        let timing = (!response.body().is_end_stream()).then(|| Timing::of(*countdown, asked));
        response.map(|body| TimedBody { body: Some(body), timing })
    }
}

/// What ends a body.
#[derive(Debug)]
struct Timing {
    countdown: Countdown,
    end: Instant,
    /// When the caller's own deadline ends it, if that is around and nearer: it is not around where bodies are polled.
    caller: Option<Deadline>,
    /// Boxed, so that a body which can be moved still can.
    sleep: Option<Pin<Box<Option<Sleep>>>>,
    /// Whether the body was polled, which it is once however short the time is.
    is_polled: bool,
}

impl Timing {
    fn of(mut countdown: Countdown, asked: Option<Instant>) -> Self {
        let end = countdown.end(asked);
        let caller = deadline::nearest(time::now).filter(|around| !around.enforced && around.at <= end);
        Self { countdown, end, caller: caller.map(|around| Deadline::at(around.at)), sleep: None, is_polled: false }
    }

    fn is_over(&self) -> bool {
        time::now() >= self.caller.map_or(self.end, Deadline::instant)
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
        let _caller = timing.caller.map(Deadline::enter);
        // Also a body that always has more runs out of time.
        let was_polled = mem::replace(&mut timing.is_polled, true);
        if !was_polled || body.is_end_stream() || !timing.is_over() {
            let _scope = Scope::enter(timing.countdown.frame());
            if let Poll::Ready(frame) = body.as_mut().poll_frame(cx) {
                return Poll::Ready(frame.map(|frame| frame.map_err(Error::lift)));
            }
        }
        let sleep = timing.sleep.get_or_insert_with(|| Box::pin(None)).as_mut();
        let over = timing.countdown.poll_over(sleep, cx, None, || this.body.set(None));
        over.map(|error| Some(Err(error)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
