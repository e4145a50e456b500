//! The cache for HTTP: what is kept, for how long and for whom.

mod bodies;
mod bounds;
mod freshness;
mod late;
mod methods;
mod servers;
mod shared;
mod stale;
mod together;
mod vary;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::AGE;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use palisade::cache::{CacheBuilder, CacheLayer};
use palisade::http::Semantics;
use palisade::{Error, Registry};
use tokio::time::advance;
use tower::util::{BoxCloneSyncService, ServiceExt};
use tower::{Layer, service_fn};

use crate::support::time::SECOND;

type Body = Full<Bytes>;
type Headers = &'static [(&'static str, &'static str)];

/// An origin that responds with these headers, and with the number of the call as its body.
#[derive(Clone, Default)]
struct Origin {
    calls: Arc<AtomicUsize>,
    script: Arc<Mutex<(u16, Headers)>>,
}

impl Origin {
    fn says(headers: Headers) -> Self {
        Self::responds(200, headers)
    }

    fn responds(status: u16, headers: Headers) -> Self {
        let origin = Self::default();
        origin.will(status, headers);
        origin
    }

    /// What it does from now on.
    fn will(&self, status: u16, headers: Headers) {
        *self.script.lock().unwrap() = (status, headers);
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn respond(&self, request: &Request<Body>) -> Response<Body> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let (status, headers) = *self.script.lock().unwrap();
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let body = if request.method() == Method::HEAD { Bytes::new() } else { call.to_string().into() };
        response.body(body.into()).unwrap()
    }
}

/// A cache around an origin.
type Cached = BoxCloneSyncService<Request<Body>, Response<palisade::http::SharedBody<Body>>, Error>;

/// Leaves nothing to chance.
fn builder() -> CacheBuilder<Semantics> {
    CacheLayer::http("pages").ttl_jitter(0.0).early(0.0).registry(&Registry::new())
}

fn cached(builder: CacheBuilder<Semantics>, origin: &Origin) -> Cached {
    let origin = origin.clone();
    let inner = service_fn(move |request: Request<Body>| {
        let response = origin.respond(&request);
        async move { Ok::<_, Error>(response) }
    });
    BoxCloneSyncService::new(builder.build().unwrap().layer(inner))
}

/// A cache around an origin that takes a second to respond.
fn slowed(builder: CacheBuilder<Semantics>, origin: &Origin) -> Cached {
    let origin = origin.clone();
    let inner = service_fn(move |request: Request<Body>| {
        let response = origin.respond(&request);
        async move {
            tokio::time::sleep(SECOND).await;
            Ok::<_, Error>(response)
        }
    });
    BoxCloneSyncService::new(builder.build().unwrap().layer(inner))
}

fn request(method: &str, path: &str, headers: Headers) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(Body::default()).unwrap()
}

/// The number of the call that a request is answered by, and the `Age` of the response.
async fn ask(service: &Cached, request: Request<Body>) -> (String, Option<String>) {
    let response = service.clone().oneshot(request).await.unwrap();
    let age = response.headers().get(AGE).map(|age| age.to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (String::from_utf8(body.to_vec()).unwrap(), age)
}

async fn get(service: &Cached, headers: Headers) -> String {
    ask(service, request("GET", "/", headers)).await.0
}
