//! What one cause of a failed call tells.

use http::HeaderMap;

/// What one cause tells of its call.
#[derive(Clone, Copy)]
#[cfg_attr(
    not(all(feature = "hyper-util", feature = "reqwest", feature = "tonic")),
    allow(dead_code, reason = "a fact whose feature is off is never told")
)]
pub(crate) enum Fact<'a> {
    /// The request was not sent: there was no connection for it, or it ended before.
    Unsent,
    /// The request was given to a connection. What is below does not tell of connecting.
    Connected,
    /// The request itself is at fault: its body failed, or it cannot be sent.
    AtFault,
    /// The stream was reset, by its HTTP/2 error code; `is_own` if the caller's side did it.
    Reset { code: u32, is_own: bool },
    /// The HTTP/2 connection ended; `is_unprocessed` if the service went away and had not begun with this stream.
    Ended { is_unprocessed: bool },
    /// The HTTP/2 connection ended because of headers that were far too large, before the service had begun with this stream. They
    /// may be this request's own.
    Blamed,
    /// A gRPC status.
    Status { code: i32, headers: &'a HeaderMap, details: &'a [u8] },
    /// A client's own timeout has ended the call.
    Expired,
}
