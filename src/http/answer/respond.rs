//! What makes a response of an error.

use std::cell::Cell;

use http::Response;

use crate::context::set;
use crate::error::{Error, FallbackError};
use crate::event::{self, Event};
use crate::http::causes::causes;
use crate::name::Name;
use crate::source::{Kind, Source};

/// Makes the response that a caller gets in place of an error.
///
/// Every `Fn(Error) -> Response<B>` implements it, and so does what [`AnswerLayer::http`](super::AnswerLayer::http) and
/// [`AnswerLayer::grpc`](super::AnswerLayer::grpc) use. It is cloned for each call, so it should be cheap to clone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` makes no response with a body `{B}`",
    note = "the body must be `Default`: map the responses of the inner service to one that is, or use `AnswerLayer::axum`"
)]
pub trait Respond<B> {
    /// The body of every response, including the service's own.
    type Body;

    /// Makes the response in place of an error.
    fn respond(&self, error: Error) -> Response<Self::Body>;

    /// Passes on a response of the service.
    fn pass(&self, response: Response<B>) -> Response<Self::Body>;
}

impl<F: Fn(Error) -> Response<B>, B> Respond<B> for F {
    type Body = B;

    fn respond(&self, error: Error) -> Response<B> {
        self(error)
    }

    fn pass(&self, response: Response<B>) -> Response<B> {
        response
    }
}

thread_local! {
    /// Whether a layer makes the response to an error that it has told.
    static IS_TOLD: Cell<bool> = const { Cell::new(false) };
}

/// Tells an error, and makes its response by `respond`, which does not tell it again.
pub(super) fn answer<R>(error: Error, respond: impl FnOnce(Error) -> R) -> R {
    tell(&error);
    let _restore = set(&IS_TOLD, true);
    respond(error)
}

/// Tells that a caller gets a response, or trailers, in place of this error. Returns whether it was left to do: a layer tells an
/// error before it makes the response.
pub(crate) fn tell(error: &Error) -> bool {
    let is_left = !IS_TOLD.get();
    if is_left {
        event::tell_often(|| (Source::new(Kind::Answer, Name::of("answer")), Event::Answered(error)));
    }
    is_left
}

/// The error that a response tells: when a fallback failed too, the one that came before it.
pub(crate) fn original(error: &Error) -> &Error {
    let fallback = causes(error).find_map(|cause| cause.downcast_ref());
    fallback.and_then(FallbackError::before).map_or(error, original)
}
