//! What HTTP responses mean, and which requests may be sent again.

mod clients;
mod pauses;
mod resend;
mod statuses;

use std::time::Duration;

use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode};
use palisade::http::HttpClassifier;
use palisade::{Classify, Error, Outcome};

type Headers<'a> = &'a [(&'a str, &'a str)];

fn headers(fields: Headers<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    headers
}

fn answer(status: u16, fields: Headers<'_>) -> Response<()> {
    let mut answer = Response::new(());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    *answer.headers_mut() = headers(fields);
    answer
}

fn request(method: &str, fields: Headers<'_>) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    *request.headers_mut() = headers(fields);
    request
}

fn by_table(status: u16, fields: Headers<'_>) -> Outcome {
    HttpClassifier::new().classify(Ok(&answer(status, fields)))
}

fn classified(error: &Error) -> Outcome {
    HttpClassifier::new().classify(Err::<&Response<()>, _>(error))
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with hints, which there may be none of")]
const fn secs(secs: u64) -> Option<Duration> {
    Some(Duration::from_secs(secs))
}

const fn throttled(retry_after: Option<Duration>) -> Outcome {
    Outcome::Throttled { retry_after }
}
