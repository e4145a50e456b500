//! Health over HTTP: what is served of it, checks that ask others, and beats that travel.

mod beats;
mod checks;
mod observers;
mod pages;
mod served;
#[cfg(feature = "net")]
mod tcp;

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use palisade::health::{Check, Health, HealthCheck, HealthCheckBuilder};
use palisade::http::health::HealthService;
use serde_json::Value;
use tokio::time::sleep;
use tower::{Service, ServiceExt};

use crate::patience::eventually;

/// A check that gives one result, again and again.
fn check(name: &'static str, result: Result<(), &'static str>) -> HealthCheckBuilder<impl Check> {
    let result = move || result.map_err(io::Error::other);
    HealthCheck::builder(name, move || {
        let result = result();
        async move { result }
    })
}

/// Waits for the first result of a check, which runs from now on.
async fn run(check: &HealthCheck) {
    tokio::spawn(check.run());
    eventually("there is a result", || check.snapshot().last.is_some()).await;
}

/// What a service says to a request without a body: the status, the headers, and the text.
async fn ask<S>(service: S, method: &str, path: &str) -> (u16, HeaderMap, String)
where
    S: Service<Request<()>, Response = Response<Full<Bytes>>>,
{
    let request = Request::builder().method(method).uri(path).body(()).unwrap();
    let Ok(response) = service.oneshot(request).await else { panic!("it never fails") };
    let (head, body) = response.into_parts();
    let text = body.collect().await.unwrap().to_bytes();
    (head.status.as_u16(), head.headers, String::from_utf8(text.to_vec()).unwrap())
}

/// The status of a page, and what it says.
async fn page(service: &HealthService, path: &str) -> (u16, Value) {
    let (status, _, text) = ask(service.clone(), "GET", path).await;
    (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}
