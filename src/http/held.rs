//! Response bodies that hold a call's place until they have ended.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::BoxError;

use super::ClassifyEnd;
use crate::{BulkheadGuard, CircuitGuard, Error, Outcome, circuit_breaker::Marked, finish::Finish, outcome::judge};

/// Holds a call's place in a circuit or a bulkhead while its answer streams.
///
/// In a circuit, a head that is no success settles the call at once. Otherwise the end of the body does, by what `C` says of its
/// trailers, or of the error it broke with; a body that is dropped half way abandons the call. One of known length that is
/// dropped before it is polled was not wanted, by a caller who asks for the status alone or with `HEAD`: there the head decides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hold<C = ()>(pub(crate) C);

impl<C, B> Finish<CircuitGuard, Response<B>> for Hold<C>
where
    C: ClassifyEnd<Response<B>>,
    B: Body,
{
    type Response = Response<HeldBody<B, InCircuit<C>>>;

    fn answered(self, guard: CircuitGuard, response: Response<B>) -> Self::Response {
        let outcome = judge(&self.0, Ok(&response));
        let outcome = match outcome {
            Outcome::Success if !self.0.waits_for_end(&response) => outcome,
            Outcome::Success if response.body().is_end_stream() => self.0.classify_end(None),
            Outcome::Success => return response.map(|body| HeldBody::in_circuit(body, guard, self.0)),
            _ => outcome,
        };
        guard.settle(outcome);
        response.map(HeldBody::free)
    }

    fn failed(self, guard: CircuitGuard, error: &Error) {
        guard.settle(judge(&self.0, Err(error)));
    }
}

impl<B: Body> Finish<BulkheadGuard, Response<B>> for Hold {
    type Response = Response<HeldBody<B, BulkheadGuard>>;

    fn answered(self, guard: BulkheadGuard, response: Response<B>) -> Self::Response {
        if response.body().is_end_stream() {
            return response.map(HeldBody::free);
        }
        response.map(|body| HeldBody::new(body, guard))
    }

    fn failed(self, guard: BulkheadGuard, _: &Error) {
        drop(guard);
    }
}

/// What a body holds until it has ended.
pub trait Place<B> {
    /// Runs the body.
    fn run<T>(&mut self, body: impl FnOnce() -> T) -> T;

    /// Whether it is still to be held, while the body goes on. `left` tells how many bytes are to come, where that is known.
    fn holds(&mut self, left: Option<u64>) -> bool;

    /// The body has ended, with these trailers if it had any, or by this error.
    fn ended(self, end: Result<Option<&HeaderMap>, &Error>);
}

impl<B> Place<B> for BulkheadGuard {
    fn run<T>(&mut self, body: impl FnOnce() -> T) -> T {
        body()
    }

    fn holds(&mut self, _: Option<u64>) -> bool {
        true
    }

    fn ended(self, _: Result<Option<&HeaderMap>, &Error>) {}
}

/// A call through a circuit whose answer is still streaming.
#[derive(Debug)]
pub struct InCircuit<C> {
    /// Taken when the call is settled.
    guard: Option<CircuitGuard>,
    /// For a probe: that it is a success if it streams for long enough.
    marked: Option<Marked>,
    /// Whether it is a success as it stands: its body was not polled, and its head tells all there is to tell.
    is_told: bool,
    classifier: C,
}

impl<C> InCircuit<C> {
    /// The guard of a call whose result is still to be counted.
    fn uncounted(&mut self) -> Option<CircuitGuard> {
        let guard = self.guard.take()?;
        match self.marked {
            Some(marked) => guard.unmark(marked),
            None => Some(guard),
        }
    }

    fn settle(&mut self, outcome: Outcome) {
        if let Some(guard) = self.uncounted() {
            guard.settle(outcome);
        }
    }
}

impl<B, C: ClassifyEnd<Response<B>>> Place<B> for InCircuit<C> {
    fn run<T>(&mut self, body: impl FnOnce() -> T) -> T {
        self.is_told = false;
        match &mut self.guard {
            Some(guard) => guard.run(body),
            None => body(),
        }
    }

    fn holds(&mut self, left: Option<u64>) -> bool {
        // Whoever knows the length may not read on to the end. Where that alone is a failure, trailers are to come.
        if left == Some(0) && self.classifier.classify_end(None) == Outcome::Success {
            self.settle(Outcome::Success);
            return false;
        }
        let marked = self.guard.as_ref().zip(self.marked);
        if marked.is_some_and(|(guard, marked)| guard.is_due(marked)) {
            self.guard = self.uncounted();
            self.marked = None;
        }
        self.guard.is_some()
    }

    fn ended(mut self, end: Result<Option<&HeaderMap>, &Error>) {
        let outcome = match end.map_err(|error| judge::<Response<B>>(&self.classifier, Err(error))) {
            Ok(trailers) => self.classifier.classify_end(trailers),
            // A code that is the caller's mistake elsewhere is none where a stream breaks.
            Err(Outcome::Success) => Outcome::Failed,
            Err(outcome) => outcome,
        };
        self.settle(outcome);
    }
}

impl<C> Drop for InCircuit<C> {
    fn drop(&mut self) {
        if self.is_told {
            self.settle(Outcome::Success);
        }
        // What is left of it settles as every call that is dropped.
        drop(self.uncounted());
    }
}

pin_project! {
    /// A body that holds a place until it has ended, or is dropped.
    #[derive(Debug)]
    pub struct HeldBody<B, P> {
        // Before the place: the body is gone when that comes free.
        #[pin]
        body: Option<B>,
        place: Option<P>,
    }
}

impl<B, P> HeldBody<B, P> {
    const fn new(body: B, place: P) -> Self {
        Self { body: Some(body), place: Some(place) }
    }

    /// A body that holds nothing.
    const fn free(body: B) -> Self {
        Self { body: Some(body), place: None }
    }
}

impl<B: Body, C: ClassifyEnd<Response<B>>> HeldBody<B, InCircuit<C>> {
    fn in_circuit(body: B, guard: CircuitGuard, classifier: C) -> Self {
        let is_told = body.size_hint().exact().is_some() && classifier.classify_end(None) == Outcome::Success;
        Self::new(body, InCircuit { marked: guard.mark_streaming(), guard: Some(guard), is_told, classifier })
    }
}

impl<B: Default, P> Default for HeldBody<B, P> {
    fn default() -> Self {
        Self::free(B::default())
    }
}

impl<B, P> Body for HeldBody<B, P>
where
    B: Body,
    B::Error: Into<BoxError> + 'static,
    P: Place<B>,
{
    type Data = B::Data;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, Error>>> {
        let mut this = self.project();
        let Some(mut body) = this.body.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let Some(place) = this.place else { return body.poll_frame(cx).map_err(Error::lift) };
        let frame = place.run(|| body.as_mut().poll_frame(cx)).map_err(Error::lift);
        let streams = match &frame {
            Poll::Pending => true,
            Poll::Ready(Some(Ok(frame))) => frame.is_data() && !body.is_end_stream(),
            Poll::Ready(Some(Err(_)) | None) => false,
        };
        if !streams {
            this.body.set(None);
            let place = this.place.take().expect("it was just used");
            place.ended(match &frame {
                Poll::Ready(Some(last)) => last.as_ref().map(Frame::trailers_ref),
                _ => Ok(None),
            });
        } else if !place.holds(body.size_hint().exact()) {
            *this.place = None;
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
