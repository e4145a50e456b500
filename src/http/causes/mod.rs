//! What the causes of a failed call tell: the one walk down their chain.

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

use std::{error, iter};

use ::http::HeaderMap;

use crate::error::Error;

pub(crate) type Cause = dyn error::Error + 'static;

/// What one cause tells of its call.
#[derive(Clone, Copy)]
#[cfg_attr(
    not(all(feature = "hyper-util", feature = "reqwest", feature = "tonic")),
    allow(dead_code, reason = "a fact without its feature is never told, and only tonic's room reads some")
)]
pub(crate) enum Fact<'a> {
    /// A client says whether it failed to connect, and whether the request cannot be sent at all.
    Client { is_connect: bool, is_invalid: bool, follows_redirects: bool },
    /// The connection could not be made.
    Unreachable,
    /// The request's own body failed.
    BrokenRequest,
    /// The stream was reset, by its HTTP/2 error code; `is_own` if the caller's side did it.
    Reset { code: u32, is_own: bool },
    /// A gRPC status.
    Status { code: i32, headers: &'a HeaderMap, details: &'a [u8] },
    /// A client's own timeout has ended the call.
    Expired,
}

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
/// A call that timed out may have been sent. Do not rely on this above a layer that follows redirects: its error may come from a
/// later connection than the call's own.
///
/// [`ConnectionRefused`]: std::io::ErrorKind::ConnectionRefused
/// [`HostUnreachable`]: std::io::ErrorKind::HostUnreachable
/// [`NetworkUnreachable`]: std::io::ErrorKind::NetworkUnreachable
pub fn not_sent(error: &Error) -> bool {
    match error {
        Error::Rejected(_) => true,
        Error::TimedOut(_) => false,
        Error::Service(_) => facts(error).find_map(tells_not_sent).unwrap_or(false),
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

/// Whether the client follows redirects. What it says of a connection may then be about a later one than the call's own.
pub(super) fn is_of_redirects(error: &Error) -> bool {
    facts(error).any(|fact| matches!(fact, Fact::Client { follows_redirects: true, .. }))
}

/// The facts that the causes of a call tell, from the service's own error down.
pub(crate) fn facts(error: &Error) -> impl Iterator<Item = Fact<'_>> {
    causes(error).filter_map(|cause| READERS.iter().find_map(|read| read(cause)))
}

/// The service's own error, its source, the source of that, and so on.
pub(crate) fn causes(error: &Error) -> impl Iterator<Item = &Cause> {
    iter::successors(error::Error::source(error), |&cause| io::below(cause))
}
