//! What HTTP answers mean, and which requests may be sent again.

#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

mod clients;
mod pauses;
mod resend;
mod retries;
mod statuses;

use std::{
    error, fmt,
    future::{pending, ready},
    io::{self, ErrorKind},
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode};
use http_body_util::Empty;
use hyper_util::{
    client::legacy::{self, Client},
    rt::TokioExecutor,
};
use palisade::{
    BulkheadLayer, CircuitBreakerLayer, Classify, DefaultClassifier, Error, Outcome, RetryLayer, TimeoutLayer,
    http::{ClassifyEnd, HttpClassifier, Idempotent, not_sent},
    retry::RetryIf,
};
use tokio::{net::TcpListener, time::Instant};
use tower::{BoxError, Layer, ServiceExt, service_fn};

use crate::support::{Down, strict};

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const RFC_850: &str = "Sunday, 06-Nov-94 08:49:37 GMT";
const ASCTIME: &str = "Sun Nov  6 08:49:37 1994";
const A_MINUTE_BEFORE: &str = "Sun, 06 Nov 1994 08:48:37 GMT";

fn answer(status: u16, headers: &[(&str, &str)]) -> Response<()> {
    let mut answer = Response::new(());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        answer.headers_mut().append(name, value.parse().unwrap());
    }
    answer
}

fn by_table(status: u16, headers: &[(&str, &str)]) -> Outcome {
    HttpClassifier::new().classify(Ok(&answer(status, headers)))
}

fn classified(error: &Error) -> Outcome {
    HttpClassifier::new().classify(Err::<&Response<()>, _>(error))
}

/// What the crate reads of the headers of a 429.
fn hint(headers: &[(&str, &str)]) -> Option<Duration> {
    match by_table(429, headers) {
        Outcome::Throttled { retry_after } => retry_after,
        outcome => panic!("a 429 is {outcome:?}"),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with hints, which there may be none of")]
const fn secs(secs: u64) -> Option<Duration> {
    Some(Duration::from_secs(secs))
}

const fn throttled(retry_after: Option<Duration>) -> Outcome {
    Outcome::Throttled { retry_after }
}

fn failed(error: impl Into<BoxError>) -> Error {
    Error::from(error.into())
}

/// An error of a service's own, over another.
#[derive(Debug)]
struct Over(BoxError);

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("over")
    }
}

impl error::Error for Over {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.0)
    }
}

/// The error of a breaker that was forced open.
async fn rejected() -> Error {
    let breaker = CircuitBreakerLayer::consecutive(1);
    breaker.handle().force_open();
    let service = breaker.layer(service_fn(|()| ready(Ok::<_, Down>(()))));
    service.oneshot(()).await.unwrap_err()
}

async fn timed_out() -> Error {
    let service = TimeoutLayer::new(Duration::ZERO).layer(service_fn(|()| pending::<Result<(), Down>>()));
    service.oneshot(()).await.unwrap_err()
}

fn request(method: &str, headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    request
}

const POST: &str = "POST";

fn to(addr: impl fmt::Display) -> Request<Empty<Bytes>> {
    Request::post(format!("http://{addr}/")).body(Empty::new()).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the test's own clock, which is paused")]
fn now() -> Instant {
    Instant::now()
}
