//! What the causes of a failed call tell: the one walk down their chain.

mod fact;
#[cfg(any(feature = "hyper-util", feature = "reqwest", feature = "tonic"))]
mod h2;
#[cfg(any(feature = "hyper-util", feature = "reqwest"))]
mod hyper;
#[cfg(any(feature = "hyper-util", feature = "reqwest"))]
mod hyper_util;
mod io;
mod known;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "tonic")]
mod tonic;

use std::iter;

pub(crate) use self::fact::Fact;
use crate::error::{Cause, Error, FallbackError, Verdict};

type Reader = for<'a> fn(&'a Cause) -> Option<Fact<'a>>;

const READERS: &[Reader] = &[
    known::read,
    io::read,
    #[cfg(feature = "reqwest")]
    reqwest::read,
    #[cfg(any(feature = "hyper-util", feature = "reqwest"))]
    hyper_util::read,
    #[cfg(any(feature = "hyper-util", feature = "reqwest"))]
    hyper::read,
    #[cfg(any(feature = "hyper-util", feature = "reqwest", feature = "tonic"))]
    h2::read,
    #[cfg(feature = "tonic")]
    tonic::read,
];

/// Whether this error says that nothing was sent, or that the service did not begin with what was sent.
///
/// Then nothing of what the call asks for was done. A [rejection](Error::rejection) says so, and
/// [`Elapsed::was_sent`](crate::Elapsed::was_sent) says it of a call that timed out. Other errors have a chain that begins with the
/// service's own error and goes on with its sources. With the feature `hyper-util` or `reqwest` the chain says so if it has
///
/// - an error of hyper-util's client that says that it could not connect;
/// - an error of hyper that says that the connection ended before the request's turn;
/// - an error of HTTP/2 ([RFC 9113, 8.7]) that says that the service refused the stream, by `REFUSED_STREAM`, or went away before it
///   began with the stream, by `GOAWAY`.
///
/// Without these, it says so by an [`io::Error`](std::io::Error) of the kind [`ConnectionRefused`], [`HostUnreachable`] or
/// [`NetworkUnreachable`]. A request that is itself at fault is never taken for one that was not sent.
///
/// # Redirects
///
/// Below a client or a layer that follows redirects, the error may be about a later request than the call's own, which was sent.
/// [`Idempotent`](super::Idempotent) looks at the request's body too, and so is not misled by a redirect to a place that does not
/// respond. An error of HTTP/2 it believes all the same. Where a redirect may lead to a service that refuses streams, and the
/// request must not arrive twice, do not follow redirects below a retry.
///
/// [`ConnectionRefused`]: std::io::ErrorKind::ConnectionRefused
/// [`HostUnreachable`]: std::io::ErrorKind::HostUnreachable
/// [`NetworkUnreachable`]: std::io::ErrorKind::NetworkUnreachable
/// [RFC 9113, 8.7]: https://www.rfc-editor.org/rfc/rfc9113#section-8.7
pub fn not_sent(error: &Error) -> bool {
    match error.verdict() {
        Some(Verdict::Rejected(_)) => true,
        // A limit around a client's connector ends no more than the connecting.
        Some(Verdict::TimedOut(elapsed)) => !elapsed.was_sent() || is_unsent(error),
        None => is_unsent(error) || is_unprocessed(error),
    }
}

/// The first who can tell has the word, because an I/O error below may come from the connection or from the request's own body.
fn is_unsent(error: &Error) -> bool {
    let told = facts_of_call(error).find_map(|fact| match fact {
        Fact::Unsent => Some(true),
        Fact::Connected | Fact::AtFault => Some(false),
        _ => None,
    });
    told.unwrap_or(false)
}

/// Whether the service says, over HTTP/2, that it did not begin with what was sent. The request's own body may fail by such an
/// error too, and that says nothing.
pub(super) fn is_unprocessed(error: &Error) -> bool {
    const REFUSED_STREAM: u32 = 0x7;
    facts_of_call(error).take_while(|fact| !matches!(fact, Fact::AtFault)).any(|fact| {
        matches!(fact, Fact::Reset { code: REFUSED_STREAM, is_own: false } | Fact::Ended { is_unprocessed: true })
    })
}

/// The facts about the call itself. Where a fallback failed too, the call was sent, whatever came of the fallback.
fn facts_of_call(error: &Error) -> impl Iterator<Item = Fact<'_>> {
    causes(error).take_while(|cause| !cause.is::<FallbackError>()).filter_map(fact)
}

/// Whether the request itself is at fault: its body failed, or it cannot be sent. That says nothing about the service.
///
/// So is each request that may be the one whose headers ended the connection. A few innocent ones are among them. Were they all
/// failures, ten oversized requests could open the circuit for everybody.
pub(crate) fn own_fault(error: &Error) -> bool {
    not_beyond_end(facts(error))
        .any(|fact| matches!(fact, Fact::AtFault | Fact::Reset { is_own: true, .. } | Fact::Blamed))
}

/// Where it is known that the connection ended, the error below it blames nobody.
fn not_beyond_end<'a>(facts: impl Iterator<Item = Fact<'a>>) -> impl Iterator<Item = Fact<'a>> {
    facts.take_while(|fact| !matches!(fact, Fact::Ended { .. }))
}

/// Whether the request's body outgrew a limit, such as axum's or tower-http's.
pub(crate) fn is_too_large(error: &Cause) -> bool {
    from(Some(error)).any(known::is_too_large)
}

/// Whether the headers of a request ended the connection, of this request or of another.
pub(super) fn is_blamed(error: &Cause) -> bool {
    not_beyond_end(from(Some(error)).filter_map(fact)).any(|fact| matches!(fact, Fact::Blamed))
}

/// Whether a client's own timeout has ended the call.
pub(crate) fn is_expired(error: &Error) -> bool {
    facts(error).any(|fact| matches!(fact, Fact::Expired))
}

/// Whether a connection was cut.
pub(crate) fn is_cut(error: &Error) -> bool {
    causes(error).any(io::is_cut)
}

/// Whether the time of a client, of its connection or of the system ran out.
pub(crate) fn is_late(error: &Error) -> bool {
    is_expired(error) || causes(error).any(|cause| LATE.iter().any(|is_late| is_late(cause)))
}

const LATE: &[fn(&Cause) -> bool] = &[
    io::is_late,
    #[cfg(feature = "reqwest")]
    reqwest::is_late,
    #[cfg(any(feature = "hyper-util", feature = "reqwest"))]
    hyper::is_late,
];

/// The facts that the causes of an error tell, from its source down. The source of an [`Error`] is the service's own error.
pub(crate) fn facts(error: &Cause) -> impl Iterator<Item = Fact<'_>> {
    causes(error).filter_map(fact)
}

fn fact(cause: &Cause) -> Option<Fact<'_>> {
    READERS.iter().find_map(|read| read(cause))
}

/// The source of an error, the source of that, and so on.
pub(crate) fn causes(error: &Cause) -> impl Iterator<Item = &Cause> {
    from(error.source())
}

fn from(first: Option<&Cause>) -> impl Iterator<Item = &Cause> {
    iter::successors(first, |&cause| io::below(cause))
}
