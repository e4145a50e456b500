//! The layer: answers for the services it makes.

use http::Response;
use tower::Layer;

use super::{Answers, HttpAnswers};
use crate::{Error, debug::debug_by_type};

/// Wraps services in [`Answers`], which never fail.
///
/// It has no state, so there is nothing to share.
#[derive(Clone, Copy)]
#[must_use]
pub struct AnswerLayer<A = HttpAnswers> {
    answer: A,
}

impl AnswerLayer {
    /// Answers with a status that tells the kind of the error, and an empty body.
    ///
    /// `Retry-After` says when to try again, where that is known.
    pub const fn http() -> Self {
        Self::by(HttpAnswers)
    }
}

impl<F> AnswerLayer<F> {
    /// Answers what `answer` says. [`answer_to`](super::answer_to) makes a response to start from.
    pub const fn new<B>(answer: F) -> Self
    where
        F: Fn(Error) -> Response<B>,
    {
        Self::by(answer)
    }

    pub(crate) const fn by(answer: F) -> Self {
        Self { answer }
    }
}

impl<S, A: Clone> Layer<S> for AnswerLayer<A> {
    type Service = Answers<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        Answers::new(inner, self.answer.clone())
    }
}

debug_by_type! { AnswerLayer<A> }
