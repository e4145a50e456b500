//! The headers that stand for an error of ours.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::code::Code;
use crate::error::{Error, Pressure, Verdict};
use crate::http::answer::original;
use crate::http::causes::is_expired;
use crate::http::not_sent;

/// The header, or trailer, that says when to try again.
pub(super) static PUSHBACK: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

/// The code, the message and the pushback of an error that is not a status itself.
pub(crate) fn headers(error: &Error) -> HeaderMap {
    let error = original(error);
    let code = code_of(error);
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert("grpc-status", HeaderValue::from(code as u16));
    // Our messages contain no character that the protocol percent-encodes.
    headers.insert("grpc-message", HeaderValue::from_static(message(code)));
    headers.extend(pushback(error).map(|millis| (PUSHBACK.clone(), millis.into())));
    headers
}

fn code_of(error: &Error) -> Code {
    match error.verdict() {
        Some(Verdict::Rejected(rejection)) => match rejection.reason().pressure() {
            Pressure::Unavailable => Code::Unavailable,
            Pressure::Overloaded | Pressure::TooOften => Code::ResourceExhausted,
        },
        Some(Verdict::TimedOut(_)) => Code::DeadlineExceeded,
        None if is_expired(error) => Code::DeadlineExceeded,
        None if not_sent(error) => Code::Unavailable,
        None => Code::Internal,
    }
}

/// The message of a code. It says no more than the code: strangers must not see what is inside.
pub(crate) const fn message(code: Code) -> &'static str {
    match code {
        Code::ResourceExhausted => "too many calls",
        Code::DeadlineExceeded => "the call ran out of time",
        Code::Unavailable => "the service is not available at present",
        _ => "the service failed",
    }
}

/// Milliseconds until the next try, where that is known. It is rounded up, so that no client comes back too soon.
fn pushback(error: &Error) -> Option<i32> {
    let delay = error.rejection()?.retry_after()?;
    let millis = delay.saturating_add(Duration::from_nanos(999_999)).as_millis();
    // A client reads a number of more than 32 bits as "no retry".
    Some(i32::try_from(millis).unwrap_or(i32::MAX))
}
