//! The host that a request goes to.

use http::{Request, header::HOST, uri::Authority};

/// The host that a request goes to, with its port where that is told: a key for [`per_key`](crate::per_key).
///
/// It is read from the URI, or else from the header `Host`, without the user's name. It is a copy of its own, of at most 261
/// bytes, and compares without regard to case. `None` where neither tells it, or it is longer than any host: all such requests
/// share one key.
///
/// # Examples
///
/// ```
/// use http::Request;
/// use palisade::{CircuitBreakerLayer, http::host};
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let breaker = CircuitBreakerLayer::http("hosts").per_key(host::<String>).capacity(500).build()?;
/// let circuits = breaker.handle();
///
/// let request = Request::get("http://example.com:8080/orders").body(String::new());
/// let key = request.ok().and_then(|request| host(&request));
/// assert_eq!(key.as_ref().map(|host| host.as_str()), Some("example.com:8080"));
/// assert!(circuits.get(&key).is_none(), "it was not called yet");
/// # Ok(())
/// # }
/// ```
pub fn host<B>(request: &Request<B>) -> Option<Authority> {
    let of_header = || request.headers().get(HOST)?.to_str().ok();
    let told = request.uri().authority().map(Authority::as_str).or_else(of_header)?;
    let host = told.rsplit_once('@').map_or(told, |(_, host)| host);
    // A copy of its own: a part of the URI would keep all of that, and over HTTP/1 the whole head that was read with it.
    (host.len() <= LONGEST).then(|| host.parse().ok())?
}

/// No host is longer ([RFC 3986, 3.2.2]), with its port.
///
/// [RFC 3986, 3.2.2]: https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2
const LONGEST: usize = 255 + ":65535".len();
