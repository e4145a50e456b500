//! The response of HTTP to an error.

use http::header::RETRY_AFTER;
use http::{HeaderMap, Response};

use super::respond::{Respond, original};
use super::status::status;
use crate::error::{Error, Rejection};
use crate::http::rate_limit::{seconds, tell_left};

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
    if let Some(rejection) = error.rejection() {
        tell_rejection(response.headers_mut(), rejection);
    }
    response
}

fn tell_rejection(headers: &mut HeaderMap, rejection: Rejection) {
    if let Some(delay) = rejection.retry_after() {
        headers.insert(RETRY_AFTER, seconds(delay).into());
    }
    if rejection.is_rate_told() {
        tell_left(headers, rejection.name(), 0, rejection.retry_after());
    }
}
