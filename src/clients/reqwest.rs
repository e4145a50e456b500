//! reqwest's client as a service of HTTP, and its requests and responses around a stack.
//!
//! The layers work on the types of the crate `http`. A [`ReqwestClient`] is the inner service, and a [`ReqwestLayer`] outermost
//! takes and returns reqwest's own types.
//!
//! reqwest follows redirects below them. The redirects 307 and 308 send the body again. Below a retry reqwest follows those only
//! if the body is in memory, is at most `max_body` long, and the request may arrive twice. It returns the others as they are.
//!
//! A [timeout of a request](reqwest::RequestBuilder::timeout) limits the whole call: all attempts, the waits between them, and the
//! body of the response. It is the caller's [`Deadline`](crate::Deadline), so a call that ends at it is no failure in a circuit. A
//! [timeout of the client](reqwest::ClientBuilder::timeout) limits each attempt.
//!
//! A call that is out of time before its response ends with [`Error::TimedOut`]. When the body runs out of time later,
//! [`reqwest::Error::is_timeout`] says so, and the [`Error`] stands in the chain of sources.
//!
//! # Examples
//!
//! ```
//! use palisade::reqwest::{ReqwestClient, ReqwestLayer};
//! use tower::{Service, ServiceBuilder, ServiceExt};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = reqwest::Client::new();
//! let mut service = ServiceBuilder::new()
//!     .layer(ReqwestLayer)
//!     .layer(palisade::http::standard("api")?)
//!     .service(ReqwestClient::new(client.clone()));
//!
//! let request = client.get("http://localhost/orders/7").build()?;
//! let order = service.ready().await?.call(request).await?.text().await?;
//! # drop(order);
//! # Ok(())
//! # }
//! ```

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body as HttpBody;
use http_body_util::BodyExt;
use pin_project_lite::pin_project;
use reqwest::{Body, Client, ResponseBuilderExt};
use tower::{BoxError, Layer, Service};

use crate::call::Mark;
use crate::context::{Deadline, DeadlineScope, Scope};
use crate::error::Error;
use crate::fallback::Degraded;
use crate::http::made::Made;
use crate::http::{Http, HttpClassifier, Overrides, ReplayBody};
use crate::outcome::{Classify, Outcome};
use crate::timeout::{self, TimeoutLayer};

/// A reqwest client that takes requests and returns responses of the crate `http`.
#[derive(Clone, Debug, Default)]
pub struct ReqwestClient {
    client: Client,
}

impl ReqwestClient {
    /// Wraps a client, which is cheap to clone.
    pub const fn new(client: Client) -> Self {
        Self { client }
    }
}

impl Service<Request<Body>> for ReqwestClient {
    type Response = Response<Body>;
    type Error = reqwest::Error;
    type Future = ClientFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), reqwest::Error>> {
        self.client.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> ClientFuture {
        ClientFuture { call: request.try_into().map(|request| self.client.call(request)).into() }
    }
}

pin_project! {
    /// The future of a [`ReqwestClient`]'s call.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ClientFuture {
        #[pin]
        call: Made<<Client as Service<reqwest::Request>>::Future, reqwest::Error>,
    }
}

impl Future for ClientFuture {
    type Output = reqwest::Result<Response<Body>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().call.poll(cx).map(|result| result?.map(with_url))
    }
}

/// Keeps the URL of a response where reqwest looks for it.
fn with_url(response: reqwest::Response) -> Response<Body> {
    let marked = Response::builder().url(response.url().clone()).body(());
    let mut response = Response::<Body>::from(response);
    response.extensions_mut().extend(marked.map(|marked| marked.into_parts().0.extensions).unwrap_or_default());
    response
}

/// Lets a stack of HTTP layers take reqwest's requests and return its responses.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct ReqwestLayer;

impl<S> Layer<S> for ReqwestLayer {
    type Service = Reqwest<S>;

    fn layer(&self, inner: S) -> Reqwest<S> {
        Reqwest { inner }
    }
}

/// Takes reqwest's requests and returns its responses. Made by a [`ReqwestLayer`].
#[derive(Clone, Debug)]
pub struct Reqwest<S> {
    inner: S,
}

impl<S, B> Service<reqwest::Request> for Reqwest<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError> + 'static,
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Sync + 'static,
{
    type Response = reqwest::Response;
    type Error = Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    fn call(&mut self, mut request: reqwest::Request) -> Self::Future {
        let limit = request.timeout().copied();
        if limit.is_some() {
            *request.timeout_mut() = None;
        }
        let call = request.try_into().map(|request| match limit {
            None => Call::Unlimited { call: self.inner.call(request) },
            Some(limit) => {
                let deadline = Deadline::after(limit);
                let _scope = Scope::of_deadline(deadline);
                // It ends the call at the deadline, also where no timeout is below.
                let call = TimeoutLayer::http(Duration::MAX).layer(&mut self.inner).call(request);
                Call::Limited { call: deadline.scope(call) }
            }
        });
        ResponseFuture { call: call.into() }
    }
}

pin_project! {
    /// The future of a [`Reqwest`]'s call.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut> {
        #[pin]
        call: Made<Call<Fut>, reqwest::Error>,
    }
}

pin_project! {
    /// A call, and the limit that its request brought.
    #[derive(Debug)]
    #[project = CallProj]
    enum Call<Fut> {
        Unlimited { #[pin] call: Fut },
        Limited { #[pin] call: DeadlineScope<timeout::ResponseFuture<Fut, Http>> },
    }
}

impl<Fut, B, E> Future for ResponseFuture<Fut>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError> + 'static,
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Sync + 'static,
{
    type Output = Result<reqwest::Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().call.poll(cx).map(|made| made.map_err(Error::lift)?)
    }
}

impl<Fut, B, E> Future for Call<Fut>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError> + 'static,
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Sync + 'static,
{
    type Output = Result<reqwest::Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            CallProj::Unlimited { call } => call.poll(cx).map(reqwests),
            CallProj::Limited { call } => call.poll(cx).map(reqwests),
        }
    }
}

fn reqwests<B, E>(result: Result<Response<B>, E>) -> Result<reqwest::Response, Error>
where
    E: Into<BoxError> + 'static,
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Sync + 'static,
{
    let response = result.map_err(Error::lift)?;
    Ok(response.map(|body| Body::wrap(body.map_err(|error| known_as_late(error.into())))).into())
}

/// Makes an error of a body that ran out of time one which reqwest knows as a timeout: an I/O error of that kind.
fn known_as_late(error: BoxError) -> BoxError {
    match error.downcast::<Error>() {
        Ok(error) if error.is_timeout() => io::Error::new(io::ErrorKind::TimedOut, Late(*error)).into(),
        Ok(error) => error,
        Err(error) => error,
    }
}

/// Stands between the two, because as its source an I/O error returns that of the error which it wraps.
#[derive(Debug, thiserror::Error)]
#[error("the response ran out of time")]
struct Late(#[source] Error);

impl<F: Overrides<StatusCode>> Classify<reqwest::Response> for HttpClassifier<F> {
    fn classify(&self, result: Result<&reqwest::Response, &Error>) -> Outcome {
        self.classify_head(result.map(|response| (response.status(), response.headers())))
    }
}

impl<C> Mark<reqwest::Response, Degraded> for Http<C> {
    fn mark(&self, response: &mut reqwest::Response, degraded: impl FnOnce() -> Degraded) {
        response.extensions_mut().insert(degraded());
    }
}

impl<B: HttpBody<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static> From<ReplayBody<B>> for Body {
    fn from(body: ReplayBody<B>) -> Self {
        // A body in memory stays in memory, so that reqwest can send it again after a redirect.
        body.whole().cloned().map_or_else(|| Self::wrap(body), Self::from)
    }
}
