//! The code, the message and the pushback that stand for an error of ours.

use std::time::Duration;

use http::HeaderName;

use super::Code;
use crate::{
    error::{Error, Pressure},
    http::not_sent,
};

/// The header, or trailer, that says when to try again.
pub(crate) static PUSHBACK: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

/// The code of an error that is not a status itself.
pub(crate) fn code_of(error: &Error) -> Code {
    match error {
        Error::Rejected(rejection) => match rejection.reason().pressure() {
            Pressure::Unavailable => Code::Unavailable,
            Pressure::Overloaded => Code::ResourceExhausted,
        },
        Error::TimedOut(_) => Code::DeadlineExceeded,
        #[cfg(feature = "tonic")]
        Error::Service(_) if super::own::is_expired(error) => Code::DeadlineExceeded,
        Error::Service(_) if not_sent(error) => Code::Unavailable,
        Error::Service(_) => Code::Internal,
    }
}

/// The message of a code. It says no more than the code: strangers must not see what is inside.
pub(crate) const fn message(code: Code) -> &'static str {
    match code {
        Code::ResourceExhausted => "too many calls at once",
        Code::DeadlineExceeded => "the call ran out of time",
        Code::Unavailable => "the service is not available at present",
        _ => "the service failed",
    }
}

/// Milliseconds until the next try, where that is known. It is rounded up, so that no client comes back too soon.
pub(crate) fn pushback(error: &Error) -> Option<i32> {
    let delay = error.rejection()?.retry_after()?;
    let millis = delay.saturating_add(Duration::from_nanos(999_999)).as_millis();
    // A client reads a number of more than 32 bits as "no retry".
    Some(i32::try_from(millis).unwrap_or(i32::MAX))
}
