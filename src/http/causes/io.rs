//! What an I/O error tells.

use std::io::{Error, ErrorKind};

use super::{Cause, Fact};

pub(super) fn read(cause: &Cause) -> Option<Fact<'_>> {
    let kind = cause.downcast_ref::<Error>()?.kind();
    matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable)
        .then_some(Fact::Unreachable)
}

/// The next cause. An I/O error gives as its source the source of what it wraps, and so skips that.
pub(super) fn below(cause: &Cause) -> Option<&Cause> {
    match cause.downcast_ref::<Error>().and_then(Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => cause.source(),
    }
}
