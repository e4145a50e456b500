//! What a retry adds to the error of a request that it has kept.

use http::{HeaderMap, Request};

use super::causes::{Known, is_blamed, is_too_large};
use super::replay::ReplayBody;
use crate::error::Error;

/// How many bytes of headers common servers take, or more, counted as in [RFC 9113, 6.5.2].
///
/// [RFC 9113, 6.5.2]: https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2
const SMALL: usize = 8 * 1024;

/// Adds what the error does not tell.
///
/// A client of HTTP/2 does not say why the body of a request failed. And when headers that are far too large end a connection, all
/// requests with which the service had not begun have the same error.
pub(super) fn explain<B>(request: &Request<ReplayBody<B>>, error: Error) -> Error {
    let Error::Service(source) = error else { return error };
    Error::Service(if request.body().is_too_large() && !is_too_large(&*source) {
        Known::TooLarge(source).into()
    } else if is_blamed(&*source) && size(request.headers()) <= SMALL {
        Known::Innocent(source).into()
    } else {
        source
    })
}

fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
}
