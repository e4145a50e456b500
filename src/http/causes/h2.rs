//! What an error of h2 tells.

use h2::Error;

use super::fact::Fact;
use crate::error::Cause;

/// Over HTTP/2 hyper resets the stream when the request's body fails, and gives no other sign. Only to streams with which the peer
/// had not begun does h2 report its `GOAWAY`.
pub(super) fn read(cause: &Cause) -> Option<Fact<'_>> {
    let error = cause.downcast_ref::<Error>()?;
    Some(match error.reason().filter(|_| error.is_reset()) {
        Some(code) => Fact::Reset { code: code.into(), is_own: !error.is_remote() && !error.is_library() },
        None => Fact::Ended { is_unprocessed: error.is_go_away() && error.is_remote() },
    })
}
