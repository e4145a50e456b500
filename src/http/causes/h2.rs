//! What an error of h2 tells.

use h2::Error;

use super::{Cause, Fact};

/// Over HTTP/2 hyper resets the stream when the request's body fails, and gives no other sign. The end of a whole connection says
/// nothing about this call.
pub(super) fn read(cause: &Cause) -> Option<Fact<'_>> {
    let error = cause.downcast_ref::<Error>()?;
    let code = error.reason().filter(|_| error.is_reset())?.into();
    Some(Fact::Reset { code, is_own: !error.is_remote() && !error.is_library() })
}
