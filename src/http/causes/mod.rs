//! What the causes of a failed call tell: the one walk down their chain.

mod fact;
#[cfg(any(feature = "hyper-util", feature = "reqwest", feature = "tonic"))]
mod h2;
#[cfg(any(feature = "hyper-util", feature = "reqwest"))]
mod hyper;
#[cfg(feature = "hyper-util")]
mod hyper_util;
mod io;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "tonic")]
mod tonic;

use std::iter;

pub(crate) use self::fact::Fact;
use crate::error::{Cause, Error, Verdict};

type Reader = for<'a> fn(&'a Cause) -> Option<Fact<'a>>;

const READERS: &[Reader] = &[
    io::read,
    #[cfg(feature = "reqwest")]
    reqwest::read,
    #[cfg(feature = "hyper-util")]
    hyper_util::read,
    #[cfg(any(feature = "hyper-util", feature = "reqwest"))]
    hyper::read,
    #[cfg(any(feature = "hyper-util", feature = "reqwest", feature = "tonic"))]
    h2::read,
    #[cfg(feature = "tonic")]
    tonic::read,
];

/// Whether this error says that nothing was sent.
///
/// Then nothing of what the call asks for was done. [`Error::Rejected`] says so. An [`Error::Service`] has a chain that begins
/// with the service's own error and goes on with its sources. It says so if the first in the chain that can tell is
///
/// - an error of hyper-util's client (feature `hyper-util`) or of reqwest (feature `reqwest`) which says that it could not
///   connect;
/// - an [`io::Error`](std::io::Error) of the kind [`ConnectionRefused`], [`HostUnreachable`] or [`NetworkUnreachable`].
///
/// Of a call that timed out, [`Elapsed::was_sent`](crate::Elapsed::was_sent) says it. Do not rely on this above a layer that
/// follows redirects: its error may come from a later connection than the call's own.
///
/// [`ConnectionRefused`]: std::io::ErrorKind::ConnectionRefused
/// [`HostUnreachable`]: std::io::ErrorKind::HostUnreachable
/// [`NetworkUnreachable`]: std::io::ErrorKind::NetworkUnreachable
pub fn not_sent(error: &Error) -> bool {
    match error.verdict() {
        Some(Verdict::Rejected(_)) => true,
        Some(Verdict::TimedOut(elapsed)) => !elapsed.was_sent(),
        None => facts(error).find_map(tells_not_sent).unwrap_or(false),
    }
}

/// A client's word comes first, because an I/O error below it may come from the request's own body.
fn tells_not_sent(fact: Fact<'_>) -> Option<bool> {
    match fact {
        Fact::Client { is_connect, .. } => Some(is_connect),
        Fact::Unreachable => Some(true),
        _ => None,
    }
}

/// Whether the request itself is at fault: its body failed, or it cannot be sent. That says nothing about the service.
pub(crate) fn own_fault(error: &Error) -> bool {
    facts(error).any(|fact| {
        matches!(fact, Fact::Client { is_invalid: true, .. } | Fact::BrokenRequest | Fact::Reset { is_own: true, .. })
    })
}

/// Whether a client's own timeout has ended the call.
pub(crate) fn is_expired(error: &Error) -> bool {
    facts(error).any(|fact| matches!(fact, Fact::Expired))
}

/// Whether a client that follows redirects may be below.
pub(super) const MAY_BE_REDIRECTED: bool = cfg!(feature = "reqwest");

/// Whether the client follows redirects. What it says of a connection may then be about a later one than the call's own.
pub(super) fn is_of_redirects(error: &Error) -> bool {
    facts(error).any(|fact| matches!(fact, Fact::Client { follows_redirects: true, .. }))
}

/// The facts that the causes of an error tell, from its source down. The source of an [`Error`] is the service's own error.
pub(crate) fn facts(error: &Cause) -> impl Iterator<Item = Fact<'_>> {
    causes(error).filter_map(|cause| READERS.iter().find_map(|read| read(cause)))
}

/// The source of an error, the source of that, and so on.
pub(crate) fn causes(error: &Cause) -> impl Iterator<Item = &Cause> {
    iter::successors(error.source(), |&cause| io::below(cause))
}
