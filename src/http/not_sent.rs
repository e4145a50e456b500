//! Whether a call that failed was ever sent.

use std::{error, io, io::ErrorKind, iter};

use crate::Error;

/// Whether this error says that nothing was sent.
///
/// Then whatever the call asks for has not been done. It says so when it is [`Error::Rejected`], or when in the chain of
/// sources of an [`Error::Service`], itself among them, the first that can tell is
///
/// - with the feature `hyper-util`, an error of that client which says that it could not connect, and with the feature
///   `reqwest` one of reqwest;
/// - an [`io::Error`] of the kind [`ConnectionRefused`](ErrorKind::ConnectionRefused),
///   [`HostUnreachable`](ErrorKind::HostUnreachable) or [`NetworkUnreachable`](ErrorKind::NetworkUnreachable).
///
/// A call that timed out may have been sent. A layer below that follows redirects breaks this: its error may be of a later
/// connection than the call's own.
pub fn not_sent(error: &Error) -> bool {
    match error {
        Error::Rejected(_) => true,
        Error::TimedOut(_) => false,
        Error::Service(_) => causes(error).find_map(tells).unwrap_or(false),
    }
}

/// What one cause tells, if it can: a client knows better than the I/O error below it, which may be of the request's own body.
fn tells(cause: &(dyn error::Error + 'static)) -> Option<bool> {
    #[cfg(feature = "reqwest")]
    if let Some(error) = cause.downcast_ref::<reqwest::Error>() {
        return Some(error.is_connect());
    }
    #[cfg(feature = "hyper-util")]
    if let Some(error) = cause.downcast_ref::<hyper_util::client::legacy::Error>() {
        return Some(error.is_connect());
    }
    let kind = cause.downcast_ref::<io::Error>()?.kind();
    matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable)
        .then_some(true)
}

/// Whether it is of a client that follows redirects: what it says of a connection may be of one that came after the call's own.
#[cfg(feature = "reqwest")]
pub(super) fn is_of_redirects(error: &Error) -> bool {
    causes(error).any(<dyn error::Error>::is::<reqwest::Error>)
}

#[cfg(not(feature = "reqwest"))]
pub(super) const fn is_of_redirects(_: &Error) -> bool {
    false
}

/// The service's own error, its source, the source of that, and so on.
pub(crate) fn causes(error: &Error) -> impl Iterator<Item = &(dyn error::Error + 'static)> {
    iter::successors(error::Error::source(error), |&cause| below(cause))
}

/// An `io::Error` gives as its source the source of what it wraps, and passes over that.
fn below<'a>(cause: &'a (dyn error::Error + 'static)) -> Option<&'a (dyn error::Error + 'static)> {
    match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => cause.source(),
    }
}
