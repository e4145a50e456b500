//! What an error of hyper tells.

use hyper::Error;

use super::fact::Fact;
use crate::error::Cause;

/// The text by which hyper tells that a connection was dropped with calls in flight, for example because it hung. There is no
/// other sign, and hyper counts it among the user's errors.
const DISPATCH_GONE: &str = "dispatch task is gone";

pub(super) fn read(cause: &Cause) -> Option<Fact<'_>> {
    let error = cause.downcast_ref::<Error>()?;
    Some(if error.is_canceled() {
        // The connection ended while the request waited for it.
        Fact::Unsent
    } else if error.is_user() && error.to_string() != DISPATCH_GONE {
        Fact::AtFault
    } else {
        Fact::Connected
    })
}

pub(super) fn is_late(cause: &Cause) -> bool {
    cause.downcast_ref().is_some_and(Error::is_timeout)
}
