//! Deadlines in headers: what is read, what is written, and three hops over real sockets.

mod calls;
mod headers;
mod hops;

use std::future::{Ready, ready};
use std::time::Duration;

use http::{HeaderName, HeaderValue, Request, Response};
use palisade::http::DeadlineLayer;
use palisade::{Deadline, Error};
use tower::{Layer, ServiceExt};

use crate::patience::{ms, secs};
use crate::support::{Strict, strict};

static MILLIS: HeaderName = HeaderName::from_static("x-request-timeout-ms");
static GRPC: HeaderName = HeaderName::from_static("grpc-timeout");

fn in_millis() -> DeadlineLayer {
    DeadlineLayer::header(MILLIS.clone())
}

/// A response that says this.
fn saying<T: Clone + Send + Sync + 'static>(what: T) -> Response<()> {
    let mut response = Response::new(());
    response.extensions_mut().insert(what);
    response
}

/// What a response says.
fn said<B, T: Clone + Send + Sync + 'static>(response: Response<B>) -> T {
    response.into_parts().0.extensions.remove().unwrap()
}

/// What is seen below the layer.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    current: Option<Duration>,
    extension: Option<Duration>,
    header: Option<String>,
}

impl Seen {
    fn of<B>(request: &Request<B>, name: &HeaderName) -> Self {
        Self {
            current: Deadline::current().map(Deadline::remaining),
            extension: request.extensions().get().copied().map(Deadline::remaining),
            header: request.headers().get(name).map(|value| value.to_str().unwrap().to_owned()),
        }
    }

    fn nothing() -> Self {
        Self { current: None, extension: None, header: None }
    }

    fn all(left: Duration, header: &str) -> Self {
        Self { current: Some(left), extension: Some(left), header: Some(header.to_owned()) }
    }
}

type See = Strict<Box<dyn FnMut(Request<()>) -> Ready<Result<Response<()>, Error>>>, Error>;

fn see(name: &'static HeaderName) -> See {
    strict(Box::new(move |request: Request<()>| ready(Ok(saying(Seen::of(&request, name))))))
}

fn with(name: &HeaderName, values: &[&str]) -> Request<()> {
    let mut request = Request::new(());
    for value in values {
        request.headers_mut().append(name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    request
}

/// A request with a deadline in its extensions.
fn due_in(left: Duration) -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(Deadline::after(left));
    request
}

async fn through(layer: DeadlineLayer, name: &'static HeaderName, values: &[&str]) -> Result<Seen, Error> {
    layer.layer(see(name)).oneshot(with(name, values)).await.map(said)
}
