//! The live page of a registry: who may read and steer, what it shows, and what it bears.

mod document;
mod frames;
mod guards;
mod health;
mod paths;
mod served;
mod steering;
mod streams;

use bytes::Bytes;
use http::request::Builder;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use palisade::Registry;
use palisade::page::{Page, PageBody};
use serde_json::Value;
use tower::ServiceExt;

/// What can be read of a page, but for its events.
const WHOLE: [&str; 4] = ["/", "/instances", "/metrics", "/health"];

fn open(registry: &Registry) -> Page {
    registry.page().reading(|_| true).steering(|_| true)
}

/// What was said to a request.
#[derive(Debug)]
struct Said {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Said {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

async fn ask<B: Body>(page: &Page, request: Request<B>) -> Said {
    said(page.clone().oneshot(request).await.unwrap()).await
}

async fn said(response: Response<PageBody>) -> Said {
    let (head, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Said { status: head.status.as_u16(), headers: head.headers, text }
}

async fn get(page: &Page, path: &str) -> Said {
    ask(page, Request::get(path).body(Full::<Bytes>::default()).unwrap()).await
}

/// A request to steer, as the page sends it.
fn post() -> Builder {
    Request::post("/steer")
        .header("host", "ops.example")
        .header("origin", "https://ops.example")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/json")
}

/// The same with another value of a header; `None` takes it away.
fn with(mut request: Builder, name: &'static str, value: Option<&'static str>) -> Builder {
    let headers = request.headers_mut().unwrap();
    headers.remove(name);
    if let Some(value) = value {
        headers.insert(name, HeaderValue::from_static(value));
    }
    request
}

const FORCE_OPEN: &str = r#"{"kind":"circuit breaker","name":"payments","action":"force_open"}"#;

/// The events of a page, as one who watches gets them.
struct Events(PageBody);

impl Events {
    async fn of(page: &Page) -> Result<Self, Said> {
        let request = Request::get("/events").body(Full::<Bytes>::default()).unwrap();
        let response = page.clone().oneshot(request).await.unwrap();
        if response.status() != 200 {
            return Err(said(response).await);
        }
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Ok(Self(response.into_body()))
    }

    /// The next event as it is sent.
    async fn next(&mut self) -> Bytes {
        self.0.frame().await.unwrap().unwrap().into_data().unwrap()
    }

    /// The next frame.
    async fn frame(&mut self) -> Value {
        loop {
            let event = self.next().await;
            if let Some(data) = event.strip_prefix(b"data: ") {
                return serde_json::from_slice(data).unwrap();
            }
        }
    }
}

/// What the page shows now.
async fn frame(page: &Page) -> Value {
    Events::of(page).await.unwrap().frame().await
}

/// The instances in a frame, in its order.
fn instances(frame: &Value) -> impl Iterator<Item = &Value> {
    frame["groups"].as_array().unwrap().iter().flat_map(|group| group["instances"].as_array().unwrap())
}
