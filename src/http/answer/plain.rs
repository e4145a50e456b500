//! The response of HTTP to an error.

use http::Response;
use http::header::RETRY_AFTER;

use super::respond::{Respond, original};
use super::status::status;
use crate::error::{Error, Rejection};
use crate::http::rate_limit::seconds;

/// Responds with a status, when to try again, and an empty body.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpAnswers;

impl<B: Default> Respond<B> for HttpAnswers {
    type Body = B;

    fn respond(&self, error: Error) -> Response<B> {
        answer_to(&error)
    }

    fn pass(&self, response: Response<B>) -> Response<B> {
        response
    }
}

/// Makes the response that [`AnswerLayer::http`](super::AnswerLayer::http) returns, for a function to start from.
///
/// # Examples
///
/// ```
/// use http::StatusCode;
/// use palisade::{Error, http::{AnswerLayer, answer_to}};
///
/// let layer = AnswerLayer::new(|error: Error| {
///     let mut response = answer_to::<String>(&error);
///     if error.rejection().is_some_and(|rejection| rejection.layer() == "bulkhead") {
///         *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
///     }
///     response
/// });
/// # drop(layer);
/// ```
pub fn answer_to<B: Default>(error: &Error) -> Response<B> {
    let error = original(error);
    let mut response = Response::new(B::default());
    *response.status_mut() = status(error);
    if let Some(delay) = error.rejection().and_then(Rejection::retry_after) {
        response.headers_mut().insert(RETRY_AFTER, seconds(delay).into());
    }
    response
}
