//! What responses of HTTP are kept by.

use std::sync::Arc; // as the store's
use std::sync::atomic::{AtomicU64, Ordering}; // no model checks it

use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

/// A resource: the method, the URI, and the `Host`. Where a response varies by headers, also the values of these.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HttpKey {
    method: Method,
    uri: Uri,
    host: Option<HeaderValue>,
    variant: Option<Variant>,
}

/// A response for requests that have the same values of some headers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Variant {
    signpost: Signpost,
    values: Vec<Vec<HeaderValue>>,
}

/// The headers by which responses of a resource vary. Each has a number of its own, so that what was led to by one that is gone is
/// found no more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Signpost {
    number: u64,
    names: Arc<[HeaderName]>,
}

impl HttpKey {
    /// The resource of this method and URI, as requests have it: most often `GET`, and the path.
    pub const fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, host: None, variant: None }
    }

    /// The same for requests with this `Host`.
    #[must_use]
    pub fn host(self, host: HeaderValue) -> Self {
        Self { host: Some(host), ..self }
    }

    pub(super) fn of<B>(request: &Request<B>) -> Self {
        Self::with(request.method().clone(), request)
    }

    /// That of another method.
    pub(super) fn with<B>(method: Method, request: &Request<B>) -> Self {
        Self { method, uri: request.uri().clone(), host: request.headers().get(HOST).cloned(), variant: None }
    }

    /// The key to which a signpost leads a request with these headers.
    pub(super) fn variant(&self, signpost: &Signpost, headers: &HeaderMap) -> Self {
        let values = signpost.names.iter().map(|name| headers.get_all(name).iter().cloned().collect()).collect();
        Self { variant: Some(Variant { signpost: signpost.clone(), values }), ..self.clone() }
    }

    /// The key of the resource, whatever it varies by.
    pub(super) fn resource(&self) -> Self {
        Self { variant: None, ..self.clone() }
    }

    /// A signpost to responses that vary by these headers, unless the one that led here does.
    pub(super) fn signpost(&self, names: &[HeaderName]) -> Option<Signpost> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let known = self.variant.as_ref().map_or(&[][..], |variant| &variant.signpost.names);
        let is_known = names.iter().all(|name| known.contains(name));
        (!is_known).then(|| Signpost { number: NEXT.fetch_add(1, Ordering::Relaxed), names: names.into() })
    }
}
