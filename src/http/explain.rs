//! What a retry adds to the error of a request that it has kept.

use http::Request;
use http::uri::{Authority, PathAndQuery};

use super::causes::{is_blamed, is_too_large};
use super::replay::ReplayBody;
use crate::error::{Error, Known};

/// How many bytes of a head common servers take, or more, counted as in [RFC 9113, 6.5.2].
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
    } else if is_blamed(&*source) && size(request) <= SMALL {
        Known::Innocent(source).into()
    } else {
        source
    })
}

/// The size of the head. Over HTTP/2 the parts of the first line are headers too.
fn size<B>(request: &Request<B>) -> usize {
    let field = |name: &str, value: &str| name.len() + value.len() + 32;
    let uri = request.uri();
    let first_line = field(":method", request.method().as_str())
        + field(":scheme", uri.scheme_str().unwrap_or_default())
        + field(":authority", uri.authority().map_or("", Authority::as_str))
        + field(":path", uri.path_and_query().map_or("", PathAndQuery::as_str));
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 32);
    first_line + headers.sum::<usize>()
}
