//! The host that a request goes to.

use http::Request;
use http::header::HOST;
use http::uri::Authority;

use crate::keyed::Host;

/// Returns the host that a request goes to: a key for [`per_key`](crate::call::Builder::per_key).
///
/// It includes the port if the request names one that is not the default of its URI's scheme, and leaves out the user's name. It
/// is read from the URI, or else from the header `Host`. It is a copy of at most 261 bytes, and compares without regard to case. A request that names no valid host,
/// or one that is longer than any host can be, has an unknown host. All such requests share one key. Events show it.
///
/// # Examples
///
/// ```
/// use http::Request;
/// use palisade::{CircuitBreakerLayer, http::host};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let breaker = CircuitBreakerLayer::http("hosts").per_key(host::<String>).capacity(500).build()?;
/// let circuits = breaker.handle();
///
/// let request = Request::get("http://example.com:8080/orders").body(String::new());
/// let key = request.ok().map(|request| host(&request));
/// let key = key.ok_or("the URI is valid")?;
/// assert_eq!(key.to_string(), "example.com:8080");
/// assert!(circuits.get(&key).is_none(), "it was not called yet");
///
/// let (short, long) = (Request::get("http://a/").body(())?, Request::get("http://a:80/").body(())?);
/// assert_eq!(host(&short), host(&long));
/// # Ok(())
/// # }
/// ```
pub fn host<B>(request: &Request<B>) -> Host {
    Host::new(authority(request))
}

fn authority<B>(request: &Request<B>) -> Option<Authority> {
    let of_header = || request.headers().get(HOST)?.to_str().ok();
    let named = request.uri().authority().map(Authority::as_str).or_else(of_header)?;
    let host = named.rsplit_once('@').map_or(named, |(_, host)| host);
    let host = without_default_port(host, request.uri().scheme_str());
    // Copied: a slice would keep the whole URI alive, and over HTTP/1 the whole request head.
    (host.len() <= LONGEST).then(|| host.parse().ok())?
}

/// A host without its port, if that is empty (RFC 3986, 3.2.3) or the default of the scheme.
pub(super) fn without_default_port<'a>(host: &'a str, scheme: Option<&str>) -> &'a str {
    let port = default_port(scheme).filter(|port| host.ends_with(port)).unwrap_or(":");
    host.strip_suffix(port).unwrap_or(host)
}

/// The port that a URI of this scheme need not name.
fn default_port(scheme: Option<&str>) -> Option<&'static str> {
    match scheme? {
        "http" | "ws" => Some(":80"),
        "https" | "wss" => Some(":443"),
        _ => None,
    }
}

/// The length of the longest host ([RFC 3986, 3.2.2]), with its port.
///
/// [RFC 3986, 3.2.2]: https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2
const LONGEST: usize = 255 + ":65535".len();
