//! What the error of a call tells that has no answer.

use super::{Code, hint::Hint};
use crate::Error;

/// The code and the hint that an error tells: of the status it comes from, or of the reset of its stream.
#[cfg(feature = "tonic")]
pub(super) fn of_error(error: &Error) -> Option<(Code, Hint)> {
    let Error::Service(_) = error else { return None };
    crate::http::causes(error).find_map(|cause| match cause.downcast_ref::<tonic::Status>() {
        Some(status) => Some((status.code().into(), Hint::of_status(status))),
        None => cause.downcast_ref().and_then(of_reset).map(|code| (code, Hint::Nothing)),
    })
}

/// Whether the error tells a code that is given for a deadline: by tonic's own timeout, a status, or a stream that was reset with
/// `CANCEL`.
#[cfg(feature = "tonic")]
pub(crate) fn is_of_deadline(error: &Error) -> bool {
    let is_told = || of_error(error).is_some_and(|(code, _)| matches!(code, Code::Cancelled | Code::DeadlineExceeded));
    super::own::is_expired(error) || is_told()
}

#[cfg(not(feature = "tonic"))]
pub(super) const fn of_error(_: &Error) -> Option<(Code, Hint)> {
    None
}

/// What the reset of a stream stands for (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors>). The end of a
/// whole connection tells nothing of this call.
#[cfg(feature = "tonic")]
fn of_reset(error: &h2::Error) -> Option<Code> {
    let reason = error.reason().filter(|_| error.is_reset())?;
    Some(match reason {
        h2::Reason::REFUSED_STREAM => Code::Unavailable,
        h2::Reason::CANCEL => Code::Cancelled,
        h2::Reason::ENHANCE_YOUR_CALM => Code::ResourceExhausted,
        h2::Reason::INADEQUATE_SECURITY => Code::PermissionDenied,
        h2::Reason::STREAM_CLOSED | h2::Reason::HTTP_1_1_REQUIRED => Code::Unknown,
        _ => Code::Internal,
    })
}
