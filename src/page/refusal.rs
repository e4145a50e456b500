//! Why a request is refused, in words for who sent it.

use http::StatusCode;
use http::header::{ALLOW, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Host,
    NotFound,
    NoMetrics,
    NoHealth,
    NotListed,
    /// With the methods that are allowed.
    Method(&'static str),
    ReadingClosed,
    MayNotRead,
    NoPassword,
    SteeringClosed,
    MayNotSteer,
    FromElsewhere,
    NotJson,
    TooLarge,
    /// With what is wrong.
    Malformed(&'static str),
    TooManyStreams,
}

impl Refusal {
    /// The status, and why and what to do.
    pub(super) const fn row(self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed(why) => (StatusCode::BAD_REQUEST, why),
            Self::NoPassword => {
                (StatusCode::UNAUTHORIZED, "This page is for those who sign in. Send a name and a password.")
            }
            Self::Host => (
                StatusCode::FORBIDDEN,
                "The page is not served under this host. Ask for it under one of its hosts, or add this one to `hosts`.",
            ),
            Self::ReadingClosed => {
                (StatusCode::FORBIDDEN, "This page is closed. The owner of the server can open it with `reading`.")
            }
            Self::MayNotRead => {
                (StatusCode::FORBIDDEN, "You may not read this page. Sign in, or ask the owner of the server.")
            }
            Self::SteeringClosed => {
                (StatusCode::FORBIDDEN, "Steering is closed. The owner of the server can open it with `steering`.")
            }
            Self::MayNotSteer => (StatusCode::FORBIDDEN, "You may not steer. Sign in, or ask the owner of the server."),
            Self::FromElsewhere => (
                StatusCode::FORBIDDEN,
                "This request comes from another site, or a proxy has changed its `Host`. Steer from the page itself, or from a \
                 program that sends no `Origin`.",
            ),
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "There is nothing here. The page is at the path that ends with `/`, and beside it are `events`, `instances`, \
                 `metrics`, `health` and `steer`.",
            ),
            Self::NoMetrics => {
                (StatusCode::NOT_FOUND, "There are no metrics. The feature `prometheus-client` adds them.")
            }
            Self::NoHealth => (StatusCode::NOT_FOUND, "No health is listed. Build a `Health` to have it here."),
            Self::NotListed => (
                StatusCode::NOT_FOUND,
                "Nothing of this kind, name and key is listed. Take them from `instances`; a replica needs its key.",
            ),
            Self::Method(_) => (
                StatusCode::METHOD_NOT_ALLOWED,
                "This method is not allowed here. Send one that the header `Allow` names.",
            ),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "This is too much. A steering has at most 4096 bytes."),
            Self::NotJson => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "This is not JSON. Send it with `Content-Type: application/json`.")
            }
            Self::TooManyStreams => (
                StatusCode::SERVICE_UNAVAILABLE,
                "As many readers as there may be are watching. Close one of their pages, and ask again.",
            ),
        }
    }

    pub(super) const fn header(self) -> Option<(HeaderName, &'static str)> {
        match self {
            Self::Method(allowed) => Some((ALLOW, allowed)),
            Self::NoPassword => Some((WWW_AUTHENTICATE, r#"Basic realm="palisade", charset="UTF-8""#)),
            Self::TooManyStreams => Some((RETRY_AFTER, "5")),
            _ => None,
        }
    }
}
