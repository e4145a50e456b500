//! A real client.

use axum::body::Body;
use axum::http::{Request, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tower::BoxError;

/// Calls a server over HTTP/1, over as many connections as there are calls in flight.
#[derive(Clone)]
pub(crate) struct Caller {
    client: Client<HttpConnector, Body>,
    uri: Uri,
}

impl Caller {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            uri: url.parse().expect("it is a URL"),
        }
    }

    /// Whether the server answered the call.
    pub(crate) async fn call(&self) -> Result<bool, BoxError> {
        let request = Request::get(&self.uri).body(Body::empty())?;
        let response = self.client.request(request).await?;
        let good = response.status() == StatusCode::OK;
        response.into_body().collect().await?;
        Ok(good)
    }
}
