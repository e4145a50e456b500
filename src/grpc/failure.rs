//! What the error of a call without a response tells.

use super::code::Code;
use super::hint::Hint;
use crate::error::Error;
use crate::http::causes::{Fact, facts, is_expired};

/// The code and the hint of an error, from its status or from the reset of its stream.
pub(super) fn of_error(error: &Error) -> Option<(Code, Hint)> {
    if error.verdict().is_some() {
        return None;
    }
    facts(error).find_map(|fact| match fact {
        Fact::Status { code, headers, details } => Some((Code::of_i32(code), Hint::of_status(headers, details))),
        Fact::Reset { code, .. } => Some((of_reset(code), Hint::Nothing)),
        _ => None,
    })
}

/// Whether the error has a code that is given for a deadline. It comes from tonic's own timeout, from a status, or from a stream
/// that was reset with `CANCEL`.
pub(super) fn is_of_deadline(error: &Error) -> bool {
    let is_told = || of_error(error).is_some_and(|(code, _)| matches!(code, Code::Cancelled | Code::DeadlineExceeded));
    is_expired(error) || is_told()
}

/// The code for the reset of a stream (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors>).
const fn of_reset(code: u32) -> Code {
    const STREAM_CLOSED: u32 = 0x5;
    const REFUSED_STREAM: u32 = 0x7;
    const CANCEL: u32 = 0x8;
    const ENHANCE_YOUR_CALM: u32 = 0xb;
    const INADEQUATE_SECURITY: u32 = 0xc;
    const HTTP_1_1_REQUIRED: u32 = 0xd;
    match code {
        REFUSED_STREAM => Code::Unavailable,
        CANCEL => Code::Cancelled,
        ENHANCE_YOUR_CALM => Code::ResourceExhausted,
        INADEQUATE_SECURITY => Code::PermissionDenied,
        STREAM_CLOSED | HTTP_1_1_REQUIRED => Code::Unknown,
        _ => Code::Internal,
    }
}
