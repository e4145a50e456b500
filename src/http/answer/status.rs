//! The status that tells an error.

use http::StatusCode;

use crate::error::{Error, Pressure, Verdict};
use crate::http::causes::{facts, is_cut, is_late, is_too_large, own_fault};

/// The first line that holds decides: a request that is at fault says nothing about the upstream, although its upload may have
/// broken a connection.
pub(super) fn status(error: &Error) -> StatusCode {
    match error.verdict() {
        Some(Verdict::Rejected(rejection)) => match rejection.reason().pressure() {
            Pressure::Unavailable | Pressure::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Pressure::TooOften => StatusCode::TOO_MANY_REQUESTS,
        },
        Some(Verdict::TimedOut(_)) => StatusCode::GATEWAY_TIMEOUT,
        None if is_too_large(error) => StatusCode::PAYLOAD_TOO_LARGE,
        None if own_fault(error) => StatusCode::BAD_REQUEST,
        None if is_late(error) => StatusCode::GATEWAY_TIMEOUT,
        None if is_of_upstream(error) => StatusCode::BAD_GATEWAY,
        None => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Whether a client or a connection says anything in the error. A handler's own error has neither in it.
fn is_of_upstream(error: &Error) -> bool {
    facts(error).next().is_some() || is_cut(error)
}
