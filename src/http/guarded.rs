//! Calls that end at the end of their response's body.

use std::{
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::BoxError;

use super::{ClassifyEnd, HttpClassifier};
use crate::{
    call::{End, Guard, Hold, Protocol},
    debug::debug_by_type,
    error::Error,
    outcome::{Outcome, judge},
};

/// Ends a call at the end of its response's body: until then, the body holds the call's guard.
///
/// In a circuit, a head that is no success settles the call at once. Otherwise the end of the body does, by what `C` says of
/// its trailers, or of the error it broke with; a body that is dropped half way abandons the call. A body of known length that
/// is dropped before it is polled was not wanted, by a caller who asks for the status alone or with `HEAD`: there the head
/// decides. In a bulkhead, the call holds its place until the body has ended or is dropped.
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

    fn with<D>(self, classifier: D) -> Http<D> {
        Http(classifier)
    }
}

impl<G, C, B> End<G, Response<B>> for Http<C>
where
    G: Guard,
    C: ClassifyEnd<Response<B>>,
    B: Body,
{
    type Response = Response<GuardedBody<B, G, C>>;

    fn answered(self, mut guard: G, response: Response<B>) -> Self::Response {
        let Self(classifier) = self;
        let outcome = judge(&classifier, Ok(&response));
        let is_final = outcome != Outcome::Success || !classifier.waits_for_end(&response);
        if response.body().is_end_stream() {
            guard.settle(if is_final { outcome } else { classifier.classify_end(None) });
        } else if guard.head(outcome, is_final) == Hold::ToTheEnd {
            let head = is_final.then_some(outcome);
            return response.map(|body| GuardedBody::held(body, guard, head, classifier));
        } else {
            guard.settle(outcome);
        }
        response.map(GuardedBody::free)
    }

    fn failed(self, guard: G, error: &Error) {
        guard.settle(judge(&self.0, Err(error)));
    }
}

debug_by_type! { Http<C> }

/// The guard of a call whose response is still streaming.
#[derive(Debug)]
struct Held<G: Guard, C> {
    /// Taken when the call is settled.
    guard: Option<G>,
    /// What the call is if the body is dropped now: what the head said, where that decides. Without it the call is abandoned.
    told: Option<Outcome>,
    /// Whether the head decides, whatever becomes of the body.
    is_final: bool,
    classifier: C,
}

impl<G: Guard, C> Held<G, C> {
    fn settle(&mut self, outcome: Outcome) {
        if let Some(guard) = self.guard.take() {
            guard.settle(outcome);
        }
    }

    /// The body is about to be polled.
    fn runs(&mut self) {
        if !self.is_final {
            self.told = None;
        }
        self.guard.runs();
    }

    /// Whether the guard is still held, while the body goes on. `left` tells how many bytes are to come, where that is known.
    fn goes_on<B>(&mut self, left: Option<u64>) -> bool
    where
        C: ClassifyEnd<Response<B>>,
    {
        // A reader that knows the length may stop at the last byte, so settle there, unless trailers decide.
        let is_whole = left == Some(0) && self.classifier.classify_end(None) == Outcome::Success;
        if self.guard.as_mut().is_some_and(|guard| guard.streams(is_whole) == Hold::No) {
            self.settle(self.told.unwrap_or(Outcome::Success));
        }
        self.guard.is_some()
    }

    /// The body has ended, with these trailers if it had any, or by this error.
    fn ended<B>(mut self, end: Result<Option<&HeaderMap>, &Error>)
    where
        C: ClassifyEnd<Response<B>>,
    {
        let outcome = self.told.unwrap_or_else(|| match end {
            Ok(trailers) => self.classifier.classify_end(trailers),
            // A code that is the caller's mistake elsewhere is none where a stream breaks.
            Err(error) => match judge::<Response<B>>(&self.classifier, Err(error)) {
                Outcome::Success => Outcome::Failed,
                outcome => outcome,
            },
        });
        self.settle(outcome);
    }
}

/// Settles a call by its head, where that decides. Otherwise the guard is dropped unsettled.
impl<G: Guard, C> Drop for Held<G, C> {
    fn drop(&mut self) {
        if let Some(outcome) = self.told {
            self.settle(outcome);
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

impl<B, G: Guard, C> GuardedBody<B, G, C> {
    /// A body that holds nothing.
    const fn free(body: B) -> Self {
        Self { body: Some(body), held: None }
    }

    /// A body that holds a guard. `said` is what the head said, where that is final.
    fn held(body: B, guard: G, said: Option<Outcome>, classifier: C) -> Self
    where
        B: Body,
        C: ClassifyEnd<Response<B>>,
    {
        // Nobody may want the body; where its end says nothing that the head does not, the head decides then.
        let is_plain = body.size_hint().exact().is_some() && classifier.classify_end(None) == Outcome::Success;
        let told = said.or(is_plain.then_some(Outcome::Success));
        let held = Held { guard: Some(guard), told, is_final: said.is_some(), classifier };
        Self { body: Some(body), held: Some(held) }
    }
}

impl<B: Default, G: Guard, C> Default for GuardedBody<B, G, C> {
    fn default() -> Self {
        Self::free(B::default())
    }
}

impl<B, G, C> Body for GuardedBody<B, G, C>
where
    B: Body,
    B::Error: Into<BoxError> + 'static,
    G: Guard,
    C: ClassifyEnd<Response<B>>,
{
    type Data = B::Data;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, Error>>> {
        let mut this = self.project();
        let Some(mut body) = this.body.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let Some(held) = this.held else { return body.poll_frame(cx).map_err(Error::lift) };
        held.runs();
        let frame = body.as_mut().poll_frame(cx).map_err(Error::lift);
        held.guard.ran(frame.is_pending());
        let streams = match &frame {
            Poll::Pending => true,
            Poll::Ready(Some(Ok(frame))) => frame.is_data() && !body.is_end_stream(),
            Poll::Ready(Some(Err(_)) | None) => false,
        };
        if streams {
            if !held.goes_on(body.size_hint().exact()) {
                *this.held = None;
            }
        } else {
            this.body.set(None);
            let held = mem::take(this.held).expect("it was just used");
            held.ended(match &frame {
                Poll::Ready(Some(last)) => last.as_ref().map(Frame::trailers_ref),
                _ => Ok(None),
            });
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
