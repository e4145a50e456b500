//! The layer: wraps services so that they always return a response.

use http::Response;
use tower::Layer;

use super::plain::HttpAnswers;
use super::service::Answers;
use crate::debug::debug_by_type;
use crate::error::Error;
use crate::setting::Setting;
use crate::standard::Part;

/// Wraps services in [`Answers`], which never fail.
///
/// It has no state, so there is nothing to share.
#[derive(Clone, Copy)]
#[must_use]
pub struct AnswerLayer<A = HttpAnswers> {
    pub(crate) respond: A,
}

impl AnswerLayer {
    /// Responds to an error with a status for its kind, and an empty body.
    ///
    /// `Retry-After` says when to try again, where that is known.
    pub const fn http() -> Self {
        Self { respond: HttpAnswers }
    }
}

impl<F> AnswerLayer<F> {
    /// Responds to an error with what `respond` returns.
    ///
    /// [`answer_to`](super::answer_to) makes a response to start from.
    pub const fn new<B>(respond: F) -> Self
    where
        F: Fn(Error) -> Response<B>,
    {
        Self { respond }
    }
}

impl<A> Part for AnswerLayer<A> {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(Vec::new())
    }
}

impl<S, A: Clone> Layer<S> for AnswerLayer<A> {
    type Service = Answers<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        Answers::new(inner, self.respond.clone())
    }
}

debug_by_type! { AnswerLayer<A> }
