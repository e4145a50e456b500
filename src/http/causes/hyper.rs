//! What an error of hyper tells.

use hyper::Error;

use super::{Cause, Fact};

/// hyper tells only by its text that a connection was dropped with calls in flight, because it hung for example. It takes that
/// for the user's doing, too.
const DISPATCH_GONE: &str = "dispatch task is gone";

pub(super) fn read(cause: &Cause) -> Option<Fact<'_>> {
    let error = cause.downcast_ref::<Error>()?;
    (error.is_user() && error.to_string() != DISPATCH_GONE).then_some(Fact::BrokenRequest)
}
