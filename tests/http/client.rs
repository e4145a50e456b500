//! The client, and what the tests ask of it.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use palisade::http::{HttpClassifier, Idempotent, ReplayBody, Resend};
use palisade::retry::Rules;
use palisade::{Backoff, Error, RetryBuilder, RetryLayer};
use tower::{BoxError, Service, ServiceExt};

use crate::patience::{ms, soon};

/// What is on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    Http1,
    Http2,
}

/// Makes a claim of both wires; which it fails on is in what the test prints.
pub(crate) async fn on_both(claim: impl AsyncFn(Wire)) {
    for wire in [Wire::Http1, Wire::Http2] {
        eprintln!("over {wire:?}");
        claim(wire).await;
    }
}

pub(crate) type Small = Full<Bytes>;
pub(crate) type Replayed = ReplayBody<Small>;
pub(crate) type HttpClient<B> = Client<HttpConnector, B>;
pub(crate) type HttpRetry<B = Replayed> = RetryBuilder<Rules<HttpClassifier, Resend<B>, Idempotent>>;

pub(crate) fn client<B>(wire: Wire) -> HttpClient<B>
where
    B: Body<Data: Send> + Send,
{
    Client::builder(TokioExecutor::new()).http2_only(wire == Wire::Http2).build_http()
}

/// A retry that waits little.
pub(crate) fn retry() -> HttpRetry {
    retry_of()
}

/// A retry for a client that takes these bodies.
pub(crate) fn retry_of<B>() -> HttpRetry<B> {
    RetryLayer::http("retry").backoff(Backoff::constant(ms(20))).without_budget()
}

pub(crate) fn get(uri: impl AsRef<str>) -> Request<Small> {
    request(Method::GET, uri, "")
}

pub(crate) fn request(method: Method, uri: impl AsRef<str>, body: &'static str) -> Request<Small> {
    Request::builder().method(method).uri(uri.as_ref()).body(body.into()).unwrap()
}

/// Headers with no room for another.
pub(crate) fn no_room() -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut names = (0..).map(|number| HeaderName::try_from(format!("x-{number}")).expect("it is legal"));
    while names.next().is_some_and(|name| headers.try_insert(name, HeaderValue::from_static("")).is_ok()) {}
    headers
}

/// Makes a call, up to the head of the response.
pub(crate) async fn call<S, Q, B>(stack: &S, request: Request<Q>) -> Result<Response<B>, Error>
where
    S: Service<Request<Q>, Response = Response<B>, Error: Into<BoxError>> + Clone,
{
    soon(stack.clone().oneshot(request)).await.map_err(|error| Error::from(error.into()))
}

/// Reads a response to its end.
pub(crate) async fn text<B>(response: Response<B>) -> Result<String, Error>
where
    B: Body<Error = Error>,
{
    let bytes = soon(response.into_body().collect()).await?.to_bytes();
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

/// Makes a call, reads its response to the end, and gives its status.
pub(crate) async fn status<S, Q, B>(stack: &S, request: Request<Q>) -> Result<u16, Error>
where
    S: Service<Request<Q>, Response = Response<B>, Error: Into<BoxError>> + Clone,
    B: Body<Error = Error>,
{
    let response = call(stack, request).await?;
    let status = response.status().as_u16();
    text(response).await.map(|_| status)
}

/// Whether nothing more comes; HTTP/2 may end with an empty piece.
pub(crate) async fn ends<B>(body: &mut B) -> bool
where
    B: Body<Data = Bytes, Error = Error> + Unpin,
{
    loop {
        match soon(body.frame()).await {
            None => return true,
            Some(Ok(frame)) if frame.data_ref().is_some_and(Bytes::is_empty) => {}
            Some(_) => return false,
        }
    }
}
