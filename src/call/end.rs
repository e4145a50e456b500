//! How a call ends.

use super::Guard;
use crate::debug::debug_by_type;
use crate::error::Error;
use crate::outcome::{Classify, DefaultClassifier, EndedBy};

/// Ends a call: takes its guard and its result.
///
/// It may settle the guard at once, or move it into the response, so that a call whose response is still streaming holds it.
pub trait End<G, Response>: Sized {
    /// What the caller gets.
    type Response;

    /// Ends a call that was answered.
    fn answered(self, guard: G, response: Response) -> Self::Response;

    /// Ends a call that failed.
    fn failed(self, guard: G, error: &Error);
}

/// Ends a call by what its result says about the service. An [`End`] of your own settles its guard by it.
///
/// It asks the classifier only where the service had its say. A call that a layer below rejected, or that was not sent before its
/// caller's deadline, is [unsent](Guard::unsent). One that ended at its caller's deadline is abandoned.
#[inline(always)]
pub fn settle<G: Guard, Response>(guard: G, classifier: &impl Classify<Response>, result: Result<&Response, &Error>) {
    match EndedBy::of(result) {
        EndedBy::Service => guard.settle(classifier.classify(result)),
        EndedBy::Caller { was_sent: true } => drop(guard),
        EndedBy::Rejection(rejection) => guard.unsent(Some(rejection)),
        EndedBy::Caller { was_sent: false } => guard.unsent(None),
    }
}

/// A protocol: how its calls end, with a classifier that says what a result means.
///
/// The crate has [`Plain`] and, with the feature `http`, `http::Http`.
pub trait Protocol {
    /// The same protocol with another classifier.
    type With<C>: Protocol;

    /// The classifier.
    type Classifier;

    /// Takes another classifier.
    fn with<C>(self, classifier: C) -> Self::With<C>;

    /// Returns the classifier.
    fn classifier(self) -> Self::Classifier;
}

/// A call ends with its response, which a classifier judges.
#[derive(Clone, Copy, Default)]
pub struct Plain<C = DefaultClassifier>(C);

impl<C> Plain<C> {
    /// Ends calls by what `classifier` says of their results.
    pub const fn new(classifier: C) -> Self {
        Self(classifier)
    }
}

impl<G: Guard, C: Classify<Response>, Response> End<G, Response> for Plain<C> {
    type Response = Response;

    #[inline(always)]
    fn answered(self, guard: G, response: Response) -> Response {
        settle(guard, &self.0, Ok(&response));
        response
    }

    #[inline(always)]
    fn failed(self, guard: G, error: &Error) {
        settle(guard, &self.0, Err(error));
    }
}

impl<C> Protocol for Plain<C> {
    type With<D> = Plain<D>;
    type Classifier = C;

    fn with<D>(self, classifier: D) -> Plain<D> {
        Plain(classifier)
    }

    fn classifier(self) -> C {
        self.0
    }
}

debug_by_type! { Plain<C> }
