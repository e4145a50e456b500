//! What a request is for, in whatever form it says that.

use std::hash::{Hash, Hasher};
use std::str;

use http::header::HOST;
use http::uri::Scheme;
use http::{HeaderValue, Request, Uri};

use crate::http::host::without_default_port;

/// What a request is for: its URI, or the path alone and the `Host`.
///
/// Both forms are equal (RFC 9110, 7.1), and so are hosts that differ in their case, or in a port that is the default of the scheme
/// (4.2.3). A path is taken to be one of `http`, because nothing tells whether its connection is secure.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    scheme: Scheme,
    uri: Uri,
    host: Option<HeaderValue>,
}

/// The one form in which resources are compared.
#[derive(PartialEq, Eq, Hash)]
struct Normal<'a> {
    scheme: &'a Scheme,
    host: Folded<'a>,
    /// What `Host` says, where that is not the host of the URI. Nobody knows which of the two the service goes by.
    other_host: Option<Folded<'a>>,
    path: &'a str,
    query: Option<&'a str>,
}

/// Bytes whose case does not matter.
struct Folded<'a>(&'a [u8]);

impl Resource {
    pub(super) fn new(uri: Uri, host: Option<HeaderValue>) -> Self {
        Self { scheme: uri.scheme().cloned().unwrap_or(Scheme::HTTP), uri, host }
    }

    pub(super) fn of<B>(request: &Request<B>) -> Self {
        Self::new(request.uri().clone(), request.headers().get(HOST).cloned())
    }

    pub(super) fn host(self, host: HeaderValue) -> Self {
        Self { host: Some(host), ..self }
    }

    /// It, and the same under the other of `http` and `https`.
    pub(super) fn under_both_schemes(self) -> [Self; 2] {
        let other = if self.scheme == Scheme::HTTPS { Scheme::HTTP } else { Scheme::HTTPS };
        [Self { scheme: other, ..self.clone() }, self]
    }

    /// About how many bytes it takes beside its own size.
    pub(super) fn weight(&self) -> usize {
        let authority = self.uri.authority().map_or(0, |authority| authority.as_str().len());
        let path = self.uri.path_and_query().map_or(0, |path| path.as_str().len());
        authority + path + self.host.as_ref().map_or(0, HeaderValue::len)
    }

    fn normal(&self) -> Normal<'_> {
        let folded = |host| Folded(without_port(host, self.uri.scheme_str()));
        let by_uri = self.uri.authority().map(|authority| folded(authority.as_str().as_bytes()));
        let by_header = self.host.as_ref().map(|host| folded(host.as_bytes()));
        let (host, other_host) = match (by_uri, by_header) {
            (Some(host), other) => (host, other),
            (None, host) => (host.unwrap_or(Folded(b"")), None),
        };
        let other_host = other_host.filter(|other| *other != host);
        Normal { scheme: &self.scheme, host, other_host, path: self.uri.path(), query: self.uri.query() }
    }
}

fn without_port<'a>(host: &'a [u8], scheme: Option<&str>) -> &'a [u8] {
    let scheme = scheme.or(Some("http"));
    str::from_utf8(host).map_or(host, |host| without_default_port(host, scheme).as_bytes())
}

impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        self.normal() == other.normal()
    }
}

impl Eq for Resource {}

impl Hash for Resource {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.normal().hash(hasher);
    }
}

impl PartialEq for Folded<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for Folded<'_> {}

impl Hash for Folded<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_usize(self.0.len());
        self.0.iter().for_each(|byte| hasher.write_u8(byte.to_ascii_lowercase()));
    }
}
