//! What responses of HTTP are kept by.

use std::sync::Arc; // as the store's
use std::sync::atomic::{AtomicU64, Ordering}; // no model checks it

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

use super::resource::Resource;

/// A method and a resource. Where a response varies by headers, also the values of these.
///
/// The resource is the URI of a request, or its path and its `Host`: both are the same key. The case of a host makes no difference, and
/// nor does a port that is the default of the scheme. A path is taken to be one of `http`: of a server with TLS, HTTP/1 has a path and
/// HTTP/2 a URI of `https`, and each is kept for itself. A change of one throws both away, as an
/// [invalidation by hand](crate::CacheHandle::invalidate) of one does not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HttpKey {
    method: Method,
    resource: Resource,
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
    /// The resource of this URI, most often for `GET`.
    pub fn new(method: Method, uri: Uri) -> Self {
        Self::at(method, Resource::new(uri, None))
    }

    /// The same for requests with this `Host`.
    #[must_use]
    pub fn host(self, host: HeaderValue) -> Self {
        Self { resource: self.resource.host(host), ..self }
    }

    const fn at(method: Method, resource: Resource) -> Self {
        Self { method, resource, variant: None }
    }

    pub(super) fn of<B>(request: &Request<B>) -> Self {
        Self::at(request.method().clone(), Resource::of(request))
    }

    /// All that a change of the resource spoils. Its path may have come over a secure connection.
    pub(super) fn spoiled_by<B>(request: &Request<B>) -> Vec<Self> {
        let resources = Resource::of(request).under_both_schemes();
        let keys =
            resources.map(|resource| [Method::GET, Method::HEAD].map(|method| Self::at(method, resource.clone())));
        keys.into_iter().flatten().collect()
    }

    /// About how many bytes it takes.
    pub(super) fn weight(&self) -> usize {
        let values = self.variant.iter().flat_map(|variant| variant.values.iter().flatten());
        let values: usize = values.map(|value| size_of::<HeaderValue>() + value.len()).sum();
        size_of::<Self>() + self.resource.weight() + values
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
