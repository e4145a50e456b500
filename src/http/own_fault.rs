//! Whether a call failed by its request's own fault.

use std::error;

use super::causes;
use crate::Error;

/// Whether the client below tells that the request itself is at fault: its body failed, because whoever sends it went away, say,
/// or it is one that cannot be sent. That says nothing about the service.
pub(crate) fn own_fault(error: &Error) -> bool {
    causes(error).any(tells)
}

fn tells(cause: &(dyn error::Error + 'static)) -> bool {
    #[cfg(feature = "reqwest")]
    if cause.downcast_ref().is_some_and(reqwest::Error::is_builder) {
        return true;
    }
    // hyper takes it for the user's doing, too, when a connection is dropped with calls in flight: because it hangs, say.
    #[cfg(any(feature = "hyper-util", feature = "reqwest"))]
    if cause.downcast_ref().is_some_and(|error: &hyper::Error| error.is_user() && error.to_string() != DISPATCH_GONE) {
        return true;
    }
    // Over HTTP/2 hyper resets the stream when the body fails, and tells no more.
    #[cfg(any(feature = "hyper-util", feature = "reqwest", feature = "tonic"))]
    if cause.downcast_ref().is_some_and(|end: &h2::Error| end.is_reset() && !end.is_remote() && !end.is_library()) {
        return true;
    }
    let _ = cause;
    false
}

/// hyper tells this by its text alone.
#[cfg(any(feature = "hyper-util", feature = "reqwest"))]
const DISPATCH_GONE: &str = "dispatch task is gone";
