//! What one cause of a failed call tells.

use http::HeaderMap;

/// What one cause tells of its call.
#[derive(Clone, Copy)]
#[cfg_attr(
    not(all(feature = "hyper-util", feature = "reqwest", feature = "tonic")),
    allow(dead_code, reason = "a fact whose feature is off is never told")
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
    /// The HTTP/2 connection ended; `is_unprocessed` if the service went away and had not begun with this stream.
    Ended { is_unprocessed: bool },
    /// A gRPC status.
    Status { code: i32, headers: &'a HeaderMap, details: &'a [u8] },
    /// A client's own timeout has ended the call.
    Expired,
}
