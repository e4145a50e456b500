//! Headers that layers write into requests, which may be full of headers: a map has room for some thousands.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Sets the one value of a header. Where there is no room for it, no value is left.
pub(crate) fn set(headers: &mut HeaderMap, name: &HeaderName, value: HeaderValue) {
    if headers.try_insert(name, value).is_err() {
        headers.remove(name);
    }
}
