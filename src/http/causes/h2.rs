//! What an error of h2 tells.

use h2::{Error, Reason};

use super::fact::Fact;
use crate::error::Cause;

/// The text by which h2 refuses a request without a host. Others of the user's errors are no fault of the request.
const NO_HOST: &str = "user error: request URI missing scheme and authority";

/// What h2's server says in a `GOAWAY` when the headers of a request are far too large. Where they come in pieces, it may only say
/// that it cannot decompress them.
const TOO_LARGE: [&str; 2] = ["header_list_way_too_large", "too_many_continuations"];

/// Over HTTP/2 hyper resets the stream when the request's body fails, and gives no other sign. Only to streams with which the peer
/// had not begun does h2 report its `GOAWAY`.
pub(super) fn read(cause: &Cause) -> Option<Fact<'_>> {
    let error = cause.downcast_ref::<Error>()?;
    Some(match error.reason() {
        Some(code) if error.is_reset() => {
            Fact::Reset { code: code.into(), is_own: !error.is_remote() && !error.is_library() }
        }
        Some(Reason::COMPRESSION_ERROR) if error.is_remote() => Fact::Blamed,
        Some(Reason::ENHANCE_YOUR_CALM) if tells_too_large(error) => Fact::Blamed,
        None if error.to_string() == NO_HOST => Fact::AtFault,
        _ => Fact::Ended { is_unprocessed: error.is_go_away() && error.is_remote() },
    })
}

fn tells_too_large(error: &Error) -> bool {
    let text = error.to_string();
    TOO_LARGE.iter().any(|reason| text.contains(reason))
}
