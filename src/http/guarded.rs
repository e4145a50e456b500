//! Calls that end at the end of their response's body.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use bytes::Buf;
use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::BoxError;

use super::body::{is_at_end, left};
use super::classify::{ClassifyEnd, HttpClassifier};
use super::web_trailers::WebTrailers;
use crate::call::{End, Guard, Hold, Protocol, settle};
use crate::context;
use crate::debug::debug_by_type;
use crate::error::Error;
use crate::outcome::Outcome;

/// Ends a call at the end of its response's body. Until then the body holds the call's guard.
///
/// In a circuit, a head that is no success settles the call at once. Otherwise the end of the body settles it, by what `C` says
/// of the trailers, or of the error with which the body broke. A body that is dropped before its end is a success, because its
/// caller may have had enough. There are exceptions: where the end of the body says how a call went, as in gRPC, the call is
/// abandoned if no message has begun to come; and nobody has had enough of a body that is dropped because its time is over, or
/// while a panic of something else unwinds.
///
/// In a bulkhead, the call holds its place until the body has ended or is dropped.
#[derive(Clone, Copy, Default)]
pub struct Http<C = HttpClassifier>(C);

impl<C> Http<C> {
    /// Ends calls by what `classifier`, a [`ClassifyEnd`], says of their results.
    pub const fn new(classifier: C) -> Self {
        Self(classifier)
    }
}

impl<C> Protocol for Http<C> {
    type With<D> = Http<D>;
    type Classifier = C;

    fn with<D>(self, classifier: D) -> Http<D> {
        Http(classifier)
    }

    fn classifier(self) -> C {
        self.0
    }
}

impl<G, C, B> End<G, Response<B>> for Http<C>
where
    G: Guard,
    C: ClassifyEnd<Response<B>>,
    B: Body,
{
    type Response = Response<GuardedBody<B, G, C>>;

    #[inline(always)]
    fn answered(self, guard: G, response: Response<B>) -> Self::Response {
        let held = Held::of(self.0, guard, &response);
        response.map(|body| GuardedBody { body: Some(body), held })
    }

    fn failed(self, guard: G, error: &Error) {
        settle(guard, &self.0, Err(error));
    }
}

debug_by_type! { Http<C> }

/// The guard of a call whose response is still streaming.
#[derive(Debug)]
struct Held<G: Guard, C> {
    /// `None` once the call is settled.
    guard: Option<G>,
    /// What the call means, once that is known.
    outcome: Option<Outcome>,
    /// Whether the call is a success if the body is dropped now: its caller may have had enough.
    is_enough: bool,
    /// Whether an end without trailers means what the head meant, so that the last byte decides.
    ends_as_head: bool,
    /// Looks for trailers in the data, where they may stand there. Boxed, because most bodies have none.
    web: Option<Box<WebTrailers>>,
    classifier: C,
}

impl<G: Guard, C> Held<G, C> {
    /// Holds the guard, if the response streams. Otherwise settles the call.
    #[inline(always)]
    fn of<B: Body>(classifier: C, mut guard: G, response: &Response<B>) -> Option<Self>
    where
        C: ClassifyEnd<Response<B>>,
    {
        let outcome = classifier.classify(Ok(response));
        let is_final = outcome != Outcome::Success || !classifier.waits_for_end(response);
        if response.body().is_end_stream() {
            guard.settle(if is_final { outcome } else { classifier.classify_end(None) });
            None
        } else if guard.head(outcome, is_final) == Hold::No {
            guard.settle(outcome);
            None
        } else {
            let ends_as_head = classifier.classify_end(None) == Outcome::Success;
            let web = if is_final || ends_as_head { None } else { WebTrailers::of(response.headers()) };
            let (web, outcome) = (web.map(Box::new), is_final.then_some(outcome));
            Some(Self { guard: Some(guard), outcome, is_enough: ends_as_head, ends_as_head, web, classifier })
        }
    }

    /// Whether the guard is still held, while the body goes on. `left` is how many bytes are to come, where that is known.
    fn goes_on(&mut self, left: Option<u64>) -> bool {
        // A reader that knows the length may stop at the last byte, so settle there, unless trailers decide.
        let is_whole = self.outcome.is_some() || self.ends_as_head && left == Some(0);
        let is_held = self.guard.streams(is_whole) == Hold::ToTheEnd;
        if !is_held {
            self.outcome.get_or_insert(Outcome::Success);
        }
        is_held
    }

    /// Whether a message has begun to come, with this frame at the latest.
    fn begins_message(&self, frame: &Frame<impl Buf>) -> bool {
        let has_data = || frame.data_ref().is_some_and(Buf::has_remaining);
        self.web.as_ref().map_or_else(has_data, |web| web.has_message())
    }

    /// Looks for the trailers in the data of a frame, where they may stand there.
    fn read<B>(&mut self, frame: &Frame<impl Buf>)
    where
        C: ClassifyEnd<Response<B>>,
    {
        let (Some(web), Some(data)) = (&mut self.web, frame.data_ref()) else { return };
        if let Some(trailers) = web.read(data) {
            self.web = None;
            self.outcome.get_or_insert(self.classifier.classify_end(Some(&trailers)));
        }
    }

    /// The body has ended, with these trailers if it had any, or by this error.
    fn ended<B>(&mut self, end: Result<Option<&HeaderMap>, &Error>)
    where
        C: ClassifyEnd<Response<B>>,
    {
        let (Some(guard), classifier) = (self.guard.take(), &self.classifier) else { return };
        match (self.outcome, end) {
            (Some(outcome), _) => guard.settle(outcome),
            (None, Ok(trailers)) => guard.settle(classifier.classify_end(trailers)),
            (None, Err(error)) => {
                // A code that is the caller's mistake elsewhere is none where a stream breaks.
                let broken = |result: Result<&Response<B>, &Error>| match classifier.classify(result) {
                    Outcome::Success => Outcome::Failed,
                    outcome => outcome,
                };
                settle(guard, &broken, Err(error));
            }
        }
    }
}

/// Settles the call, where its outcome is known. Otherwise the guard is dropped unsettled.
impl<G: Guard, C> Drop for Held<G, C> {
    fn drop(&mut self) {
        // Nobody chose to drop what is dropped by a deadline, or by a panic of something else.
        let is_enough = self.is_enough && !context::is_cut() && !thread::panicking();
        let outcome = self.outcome.or(is_enough.then_some(Outcome::Success));
        if let (Some(guard), Some(outcome)) = (self.guard.take(), outcome) {
            guard.settle(outcome);
        }
    }
}

pin_project! {
    /// A body that holds the guard of its call until it has ended, or is dropped.
    #[derive(Debug)]
    pub struct GuardedBody<B, G: Guard, C> {
        // Before the guard: the body is gone when its place comes free.
        #[pin]
        body: Option<B>,
        held: Option<Held<G, C>>,
    }
}

impl<B: Default, G: Guard, C> Default for GuardedBody<B, G, C> {
    fn default() -> Self {
        Self { body: Some(B::default()), held: None }
    }
}

impl<B, G, C> Body for GuardedBody<B, G, C>
where
    B: Body<Error: Into<BoxError> + 'static>,
    G: Guard,
    C: ClassifyEnd<Response<B>>,
{
    type Data = B::Data;
    type Error = Error;

    #[inline(always)]
    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, Error>>> {
        let mut this = self.project();
        let Some(mut body) = this.body.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let Some(held) = this.held else { return body.poll_frame(cx).map_err(Error::lift) };
        // A body that panics was not enough.
        let was_enough = mem::take(&mut held.is_enough);
        held.guard.polls();
        let watch = held.guard.watch();
        let polled = body.as_mut().poll_frame(cx);
        watch.over();
        let frame = polled.map_err(Error::lift);
        held.guard.polled(frame.is_pending());
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            held.read(frame);
        }
        let end = match &frame {
            Poll::Pending => {
                held.is_enough = was_enough;
                None
            }
            Poll::Ready(Some(Ok(frame))) if frame.is_data() && !body.is_end_stream() => {
                held.is_enough = was_enough || held.begins_message(frame);
                None
            }
            Poll::Ready(Some(last)) => Some(last.as_ref().map(Frame::trailers_ref)),
            Poll::Ready(None) => Some(Ok(None)),
        };
        let is_held = end.is_none() && held.goes_on(body.size_hint().exact());
        if let Some(end) = end {
            this.body.set(None);
            held.ended(end);
        }
        if !is_held {
            *this.held = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        is_at_end(self.body.as_ref())
    }

    fn size_hint(&self) -> SizeHint {
        left(self.body.as_ref())
    }
}
