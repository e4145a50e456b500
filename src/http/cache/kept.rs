//! A response of HTTP as it is kept.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AGE, CONNECTION, HeaderName, PRAGMA, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderValue, Response, StatusCode, Version};

use super::directives::Directives;
use super::key::Signpost;
use crate::http::coalesce::SharedBody;
use crate::http::headers;

/// What is kept at a key.
#[derive(Debug)]
pub struct Kept(pub(super) What);

#[derive(Debug)]
pub(super) enum What {
    Response(Box<KeptResponse>),
    /// The responses of the resource vary.
    Signpost(Signpost),
    /// The responses of the resource are not shared.
    Alone,
}

#[derive(Debug)]
pub(super) struct KeptResponse {
    pub(super) status: StatusCode,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    pub(super) data: Bytes,
    pub(super) trailers: Option<HeaderMap>,
    /// The headers of requests by which it varies.
    pub(super) varies: Vec<HeaderName>,
    /// These headers, as its own request had them.
    pub(super) asked: HeaderMap,
    /// How old it was when it came.
    pub(super) age: Duration,
    /// How long it was fresh when it came.
    pub(super) fresh_for: Duration,
}

/// Headers that belong to a connection, beside those that `Connection` names (RFC 9110, 7.6.1).
const OF_CONNECTION: [HeaderName; 5] = [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];
const OF_PROXY: [&str; 4] = ["keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authentication-info"];

/// Takes the headers out that belong to a connection.
pub(super) fn of_resource(mut headers: HeaderMap) -> HeaderMap {
    let lines: Vec<_> = headers.get_all(CONNECTION).iter().cloned().collect();
    let named = lines.iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    for name in named.map(str::trim).chain(OF_PROXY) {
        headers.remove(name);
    }
    for name in OF_CONNECTION {
        headers.remove(name);
    }
    headers
}

impl KeptResponse {
    /// Whether a request takes it, which was kept for so long: it varies as the request does, and is as new as that asks for.
    pub(super) fn fits(&self, request: &HeaderMap, kept_for: Duration) -> bool {
        let is_same = |name: &HeaderName| request.get_all(name).iter().eq(self.asked.get_all(name));
        self.varies.iter().all(is_same) && self.is_new_enough(request, kept_for)
    }

    /// `max-stale` is not heeded: how stale a response may be, the cache is set to.
    fn is_new_enough(&self, request: &HeaderMap, kept_for: Duration) -> bool {
        let asks = Directives(request);
        let is_no_cache = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"no-cache");
        let age = self.age.saturating_add(kept_for);
        !asks.has("no-cache")
            && !request.get_all(PRAGMA).iter().any(is_no_cache)
            && asks.seconds("max-age").is_none_or(|most| age <= most)
            && asks.seconds("min-fresh").is_none_or(|least| self.fresh_for.saturating_sub(kept_for) >= least)
    }

    /// The response once more, with its `Age` if it was kept for a while.
    pub(super) fn again<B>(&self, kept_for: Option<Duration>) -> Response<SharedBody<B>> {
        let mut response = Response::new(SharedBody::whole(self.data.clone(), self.trailers.clone()));
        *response.status_mut() = self.status;
        *response.version_mut() = self.version;
        *response.headers_mut() = self.headers.clone();
        if let Some(kept_for) = kept_for {
            let age = self.age.saturating_add(kept_for).as_secs();
            headers::set(response.headers_mut(), &AGE, age.into());
        }
        response
    }

    /// About how many bytes it takes.
    pub(super) fn weight(&self) -> u32 {
        let size = |headers: &HeaderMap| headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        let headers: usize = size(&self.headers);
        let trailers: usize = self.trailers.as_ref().map_or(0, size);
        let own = size_of::<Self>() + size_of::<(HeaderName, HeaderValue)>() * self.headers.len();
        u32::try_from(self.data.len() + headers + trailers + own).unwrap_or(u32::MAX)
    }
}
