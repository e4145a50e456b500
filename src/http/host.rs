//! The host that a request goes to.

use http::{Request, header::HOST, uri::Authority};

/// The host that a request goes to, with its port where that is told: a key for [`per_key`](crate::per_key).
///
/// It is read from the URI, or else from the header `Host`, without the user's name. It costs no allocation where the URI tells
/// it, and compares without regard to case. `None` where neither tells it.
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
    let of_header = || request.headers().get(HOST)?.to_str().ok()?.parse().ok();
    let authority: Authority = request.uri().authority().cloned().or_else(of_header)?;
    match authority.as_str().rsplit_once('@') {
        Some((_, host)) => host.parse().ok(),
        None => Some(authority),
    }
}
