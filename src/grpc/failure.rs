//! What the error of a call without a response tells.

use super::{Code, hint::Hint};
use crate::error::Error;
#[cfg(feature = "tonic")]
use crate::http::{Fact, facts};

/// The code and the hint of an error, from its status or from the reset of its stream.
#[cfg(feature = "tonic")]
pub(super) fn of_error(error: &Error) -> Option<(Code, Hint)> {
    let Error::Service(_) = error else { return None };
    facts(error).find_map(|fact| match fact {
        Fact::Status { code, headers, details } => Some((Code::of_i32(code), Hint::of_status(headers, details))),
        Fact::Reset { code, .. } => Some((of_reset(code), Hint::Nothing)),
        _ => None,
    })
}

/// Whether the error has a code that is given for a deadline. It comes from tonic's own timeout, from a status, or from a stream
/// that was reset with `CANCEL`.
#[cfg(feature = "tonic")]
pub(crate) fn is_of_deadline(error: &Error) -> bool {
    let is_told = || of_error(error).is_some_and(|(code, _)| matches!(code, Code::Cancelled | Code::DeadlineExceeded));
    super::own::is_expired(error) || is_told()
}

#[cfg(not(feature = "tonic"))]
pub(super) const fn of_error(_: &Error) -> Option<(Code, Hint)> {
    None
}

/// The code for the reset of a stream (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors>).
#[cfg(feature = "tonic")]
fn of_reset(code: u32) -> Code {
    match h2::Reason::from(code) {
        h2::Reason::REFUSED_STREAM => Code::Unavailable,
        h2::Reason::CANCEL => Code::Cancelled,
        h2::Reason::ENHANCE_YOUR_CALM => Code::ResourceExhausted,
        h2::Reason::INADEQUATE_SECURITY => Code::PermissionDenied,
        h2::Reason::STREAM_CLOSED | h2::Reason::HTTP_1_1_REQUIRED => Code::Unknown,
        _ => Code::Internal,
    }
}
