//! When a gRPC server wants a failed call to come back.

use std::time::Duration;

use http::HeaderMap;

#[cfg(feature = "tonic")]
use super::retry_info::retry_delay;
use super::status::PUSHBACK;
use crate::http::digits;

/// What a server says about a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    Nothing,
    After(Duration),
    Never,
}

impl Hint {
    /// What the headers or the trailers of a response say. A pushback counts for more than a `RetryInfo`.
    pub(super) fn of_headers(headers: &HeaderMap) -> Self {
        Self::or_after(pushback(headers), || retry_info(headers))
    }

    #[cfg(feature = "tonic")]
    pub(super) fn of_status(headers: &HeaderMap, details: &[u8]) -> Self {
        Self::or_after(pushback(headers), || retry_delay(details))
    }

    fn or_after(pushback: Option<Self>, delay: impl FnOnce() -> Option<Duration>) -> Self {
        pushback.or_else(|| delay().map(Self::After)).unwrap_or(Self::Nothing)
    }

    pub(super) const fn pause(self) -> Option<Duration> {
        match self {
            Self::After(pause) => Some(pause),
            Self::Nothing | Self::Never => None,
        }
    }
}

/// By gRFC A6 a pushback is a 32-bit number of milliseconds. One that is negative or unreadable asks for no retry at all, and so
/// do two.
fn pushback(headers: &HeaderMap) -> Option<Hint> {
    let mut values = headers.get_all(&PUSHBACK).iter();
    let value = values.next()?;
    let readable = digits(value.as_bytes()).filter(|&millis| i32::try_from(millis).is_ok() && values.next().is_none());
    Some(readable.map_or(Hint::Never, |millis| Hint::After(Duration::from_millis(millis))))
}

#[cfg(feature = "tonic")]
fn retry_info(headers: &HeaderMap) -> Option<Duration> {
    use http::HeaderName;
    use tonic::metadata::MetadataMap;

    const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

    // `Status::from_header_map` panics at a header that is not base64.
    let alone = HeaderMap::from_iter([(DETAILS, headers.get(DETAILS)?.clone())]);
    retry_delay(&MetadataMap::from_headers(alone).get_bin(DETAILS.as_str())?.to_bytes().ok()?)
}

#[cfg(not(feature = "tonic"))]
fn retry_info(_: &HeaderMap) -> Option<Duration> {
    None
}
