//! The error as a response of axum's.

use axum_core::{
    body::Body,
    response::{IntoResponse, Response},
};

use super::answer_to;
use crate::Error;

/// Answers as [`AnswerLayer::http`](super::AnswerLayer::http) does.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        answer_to::<Body>(&self)
    }
}
