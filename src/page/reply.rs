//! How the page responds: the headers that all its responses have.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use super::body::PageBody;
use super::document;
use super::refusal::Refusal;

pub(super) type Reply = Response<PageBody>;

/// Heeded by nginx and those that took it from there.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, document::POLICY),
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

pub(super) fn text(status: StatusCode, text: impl Into<Bytes>) -> Reply {
    whole(status, "text/plain; charset=utf-8", text.into())
}

pub(super) fn refuse(refusal: Refusal) -> Reply {
    let (status, why) = refusal.row();
    let mut response = text(status, why);
    response.headers_mut().extend(refusal.header().map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Reply {
    // What it is given has no keys that are not text, and no number that JSON cannot write.
    let text = serde_json::to_vec(value).unwrap_or_default();
    whole(status, "application/json", text.into())
}

pub(super) fn whole(status: StatusCode, content_type: &'static str, bytes: Bytes) -> Reply {
    let length = bytes.len();
    let mut response = of(status, content_type, PageBody::whole(bytes));
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

/// A proxy such as nginx would else keep events back until it has enough of them.
pub(super) fn events(stream: PageBody) -> Reply {
    let mut response = of(StatusCode::OK, "text/event-stream", stream);
    response.headers_mut().insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

fn of(status: StatusCode, content_type: &'static str, body: PageBody) -> Reply {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = HEADERS.into_iter().chain([(CONTENT_TYPE, content_type)]);
    response.headers_mut().extend(headers.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

/// The response to `HEAD`.
pub(super) fn head_of(response: Reply) -> Reply {
    response.map(|_| PageBody::whole(Bytes::new()))
}
