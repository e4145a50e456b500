//! When a gRPC server wants a failed call to come back.

use std::time::Duration;

use http::HeaderMap;

#[cfg(feature = "tonic")]
use super::retry_info;
use super::status::PUSHBACK;
use crate::http::digits::digits;

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
        pushback(headers).or_else(|| retry_info::of_headers(headers).map(Self::After)).unwrap_or(Self::Nothing)
    }

    /// What a status says, which has its details apart from its headers.
    pub(super) fn of_status(headers: &HeaderMap, details: &[u8]) -> Self {
        pushback(headers).or_else(|| retry_info::of_details(details).map(Self::After)).unwrap_or(Self::Nothing)
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

/// Without tonic no `RetryInfo` is read.
#[cfg(not(feature = "tonic"))]
mod retry_info {
    use super::{Duration, HeaderMap};

    pub(super) const fn of_headers(_: &HeaderMap) -> Option<Duration> {
        None
    }

    pub(super) const fn of_details(_: &[u8]) -> Option<Duration> {
        None
    }
}
