//! What an I/O error tells.

use std::io::{Error, ErrorKind};

use super::fact::Fact;
use crate::error::Cause;

pub(super) fn read(cause: &Cause) -> Option<Fact<'_>> {
    let kind = cause.downcast_ref::<Error>()?.kind();
    matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable)
        .then_some(Fact::Unsent)
}

/// The next cause. As its source an I/O error returns that of the error which it wraps, and so would skip that error.
pub(super) fn below(cause: &Cause) -> Option<&Cause> {
    match cause.downcast_ref::<Error>().and_then(Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => cause.source(),
    }
}
