//! The body of a request that may be answered before it was read.
//!
//! Over HTTP/2, a response that comes before the end of its request resets the request's stream. What the client still sends then
//! is an error on the server's connection, and h2 closes a connection with too many of them, with all calls that are on it. So the
//! inner service is only lent the body: when it drops the body without reading it, the layer reads the rest.

#[cfg(feature = "axum")]
mod axum;
mod loan;
#[cfg(feature = "tonic")]
mod tonic;

pub(super) use self::loan::Lender;

/// Lends the body of a request, if it comes over HTTP/2 and its type can hold the loan.
pub(super) fn lend<R: 'static>(request: &mut R) -> Option<Lender> {
    let lenders: &[fn(&mut R) -> Option<Lender>] = &[
        #[cfg(feature = "axum")]
        axum::lend,
        #[cfg(feature = "tonic")]
        tonic::lend,
    ];
    lenders.iter().find_map(|lend| lend(request))
}
