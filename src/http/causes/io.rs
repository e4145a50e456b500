//! What an I/O error tells.

use std::io::{Error, ErrorKind};

use super::fact::Fact;
use crate::error::Cause;

pub(super) fn read(cause: &Cause) -> Option<Fact<'_>> {
    let kind = cause.downcast_ref::<Error>()?.kind();
    matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable)
        .then_some(Fact::Unsent)
}

pub(super) fn is_cut(cause: &Cause) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected};
    let kind = cause.downcast_ref().map(Error::kind);
    matches!(kind, Some(BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected))
}

pub(super) fn is_late(cause: &Cause) -> bool {
    cause.downcast_ref().is_some_and(|error: &Error| error.kind() == ErrorKind::TimedOut)
}

/// The next cause. As its source an I/O error returns that of the error which it wraps, and so would skip that error.
pub(super) fn below(cause: &Cause) -> Option<&Cause> {
    match cause.downcast_ref::<Error>().and_then(Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => cause.source(),
    }
}
