//! The standard stacks for HTTP.

use std::borrow::Cow;

use tower::layer::util::Identity;

use super::answer::{AnswerLayer, HttpAnswers};
use super::classify::HttpClassifier;
use super::deadline::DeadlineLayer;
use super::guarded::Http;
use super::idempotent::Idempotent;
use super::resend::Resend;
use crate::error::ConfigError;
use crate::retry::{RetryLayer, Rules};
use crate::standard::{Client, Server, StandardLayer};

/// Wraps an HTTP client in total timeout, retry, circuit breaker and attempt timeout.
///
/// The parts share a name of 1 to 64 bytes, which errors and events show. They are set up as their constructors `http` are; see
/// [`RetryLayer::http`] for the body `B` that the client must take. The caller's deadline is taken from the request, and what is
/// left of it is sent on, in `x-request-timeout-ms`; [`deadlines`](StandardLayer::deadlines) sets another header.
/// [The page](mod@crate::standard) has all parts, their defaults, and how to change them.
///
/// # Errors
///
/// When the name is not legal.
///
/// # Examples
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use palisade::http::ReplayBody;
/// use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let upstream = service_fn(|request: Request<ReplayBody<Full<Bytes>>>| async move {
///     let left = request.headers()["x-request-timeout-ms"].clone();
///     Ok::<_, BoxError>(Response::builder().header("was-left", left).body(Full::<Bytes>::default())?)
/// });
/// let client = ServiceBuilder::new().layer(palisade::http::standard("orders")?).service(upstream);
///
/// let request = Request::get("/orders/7").header("x-request-timeout-ms", "500").body(Full::default())?;
/// let response = client.oneshot(request).await?;
/// assert!(response.headers()["was-left"].to_str()?.parse::<u32>()? <= 500);
/// # Ok(())
/// # }
/// ```
#[expect(clippy::type_complexity, reason = "the rules of a retry for HTTP")]
pub fn standard<B>(
    name: impl Into<Cow<'static, str>>,
) -> Result<Client<Http, DeadlineLayer, Rules<HttpClassifier, Resend<B>, Idempotent>>, ConfigError> {
    Client::new(name.into(), Http::default(), DeadlineLayer::http().taken_and_sent(), RetryLayer::http)
}

/// Wraps an HTTP server in a total timeout and a bulkhead, and turns what they stop into responses.
///
/// At most `max_concurrent` calls are in flight, each until the body of its response has ended; 0 rejects all. The caller's
/// deadline is taken from `x-request-timeout-ms`; [`deadlines`](StandardLayer::deadlines) sets another header.
/// [The page](mod@crate::standard) has all parts, their defaults, and how to change them.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use axum::{Router, routing::get};
/// use palisade::{Rate, RateLimitLayer};
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let limits = palisade::http::server_standard(100)
///     .total_timeout(Duration::from_secs(5))
///     .rate_limit(RateLimitLayer::http("api", Rate::per_second(500)).build()?);
/// let app: Router = Router::new().route("/", get(|| async { "hello" })).layer(limits);
/// # drop(app);
/// # Ok(())
/// # }
/// ```
pub fn server_standard(max_concurrent: usize) -> Server<Http, AnswerLayer<HttpAnswers>, DeadlineLayer> {
    Server::new(max_concurrent, Http::default(), AnswerLayer::http(), DeadlineLayer::http())
}

impl<E, N, F, T, Q, R, G, C, H, B, L> StandardLayer<E, (N, F, DeadlineLayer, T, Q), R, (G, C, H, B, L, DeadlineLayer)> {
    /// Takes deadlines from requests, and sends them on, in another header.
    ///
    /// Defaults to [`DeadlineLayer::http`] and [`DeadlineLayer::grpc`].
    pub fn deadlines(self, deadlines: DeadlineLayer) -> Self {
        let (taken, sent) = deadlines.taken_and_sent();
        self.with_deadlines(taken, sent)
    }
}

impl<E, N, F, T, Q, R, G, C, H, B, L> StandardLayer<E, (N, F, DeadlineLayer, T, Q), R, (G, C, H, B, L, Identity)> {
    /// Takes deadlines from requests in another header. Defaults to [`DeadlineLayer::http`].
    pub fn deadlines(self, deadlines: DeadlineLayer) -> Self {
        self.with_deadlines(deadlines, Identity::new())
    }
}
