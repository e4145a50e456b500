//! The policy of a lab around a real client.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use palisade::Error;
use tower::{BoxError, service_fn};

use crate::call::{Answer, Call, Failure};
use crate::policy::Boxed;

/// Calls a server over HTTP/1, over as many connections as there are calls in flight.
pub(crate) fn client(url: String) -> Boxed {
    let client = Client::builder(TokioExecutor::new()).build_http();
    Boxed::new(service_fn(move |_: Call| {
        let request = Request::get(&url).body(Body::empty());
        let client = client.clone();
        async move {
            let response = client.request(request.map_err(BoxError::from)?).await.map_err(BoxError::from)?;
            let status = response.status();
            response.into_body().collect().await.map_err(BoxError::from)?;
            if status == StatusCode::OK { Ok(Answer::Good) } else { Err(Error::Service(Failure::Down.into())) }
        }
    }))
}
