//! Conversions for axum: errors become responses, and bodies can be sent again.

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use tower::BoxError;

use crate::debug::debug_by_type;
use crate::error::Error;
use crate::http::ReplayBody;
use crate::http::answer::{AnswerLayer, Respond, answer_to, tell};

/// Makes the response that [`AnswerLayer::http`] makes, and tells its [event](crate::http::answer#events).
///
/// A handler has the error from a service that it called. So where `AnswerLayer` has 500, the response that a handler returns has
/// 502.
///
/// # Examples
///
/// ```
/// use axum::{body::Bytes, extract::State};
/// use palisade::BulkheadHandle;
///
/// async fn upload(State(places): State<BulkheadHandle>, file: Bytes) -> Result<String, palisade::Error> {
///     let _place = places.try_enter()?; // 503 if there is none
///     Ok(format!("{} bytes", file.len()))
/// }
/// ```
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = answer_to::<Body>(&self);
        let is_of_handler = tell(&self);
        if is_of_handler && response.status() == StatusCode::INTERNAL_SERVER_ERROR {
            *response.status_mut() = StatusCode::BAD_GATEWAY;
        }
        response
    }
}

/// Responds with what a function makes of an error, in axum's terms.
#[derive(Clone, Copy)]
pub struct AxumAnswers<F>(F);

debug_by_type! { AxumAnswers<F> }

impl<F> AnswerLayer<AxumAnswers<F>> {
    /// Responds to an error with what `respond` returns.
    ///
    /// That is anything which is [`IntoResponse`], such as a status and a text. The inner service may return bodies of any type.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::http::StatusCode;
    /// use palisade::{Error, http::AnswerLayer};
    ///
    /// let layer = AnswerLayer::axum(|error: Error| (StatusCode::TOO_MANY_REQUESTS, error.to_string()));
    /// # drop(layer);
    /// ```
    pub const fn axum<R>(respond: F) -> Self
    where
        F: Fn(Error) -> R,
        R: IntoResponse,
    {
        Self { respond: AxumAnswers(respond) }
    }
}

impl<F, R, B> Respond<B> for AxumAnswers<F>
where
    F: Fn(Error) -> R,
    R: IntoResponse,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Body = Body;

    fn respond(&self, error: Error) -> Response {
        (self.0)(error).into_response()
    }

    fn pass(&self, response: http::Response<B>) -> Response {
        response.map(Body::new)
    }
}

impl<B: http_body::Body<Error: Into<BoxError>> + Send + Unpin + 'static> From<ReplayBody<B>> for Body {
    fn from(body: ReplayBody<B>) -> Self {
        Self::new(body)
    }
}
