//! A response of HTTP as it is kept.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AGE, CONNECTION, HeaderName, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderValue, Response, StatusCode, Version};

use super::key::Signpost;
use super::wants::Wants;
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
    /// How new its own request wanted it.
    pub(super) wanted: Wants,
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
    /// Whether a request takes it, which was kept for so long: it varies as the request does, and is as new as that wants it. `None`
    /// is the time of one that was asked for after the request came.
    pub(super) fn fits(&self, request: &HeaderMap, kept_for: Option<Duration>) -> bool {
        let is_same = |name: &HeaderName| request.get_all(name).iter().eq(self.asked.get_all(name));
        self.varies.iter().all(is_same) && self.is_new_enough(Wants::of(request), kept_for)
    }

    fn is_new_enough(&self, wants: Wants, kept_for: Option<Duration>) -> bool {
        let is_like_its_own = || kept_for.is_none() && wants.are_within(self.wanted);
        let kept_for = kept_for.unwrap_or_default();
        let (age, fresh_for) = (self.age.saturating_add(kept_for), self.fresh_for.saturating_sub(kept_for));
        wants.are_met(age, fresh_for) || is_like_its_own()
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
    pub(super) fn weight(&self) -> usize {
        let size = |headers: &HeaderMap| headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        let headers: usize = size(&self.headers);
        let trailers: usize = self.trailers.as_ref().map_or(0, size);
        let own = size_of::<Self>() + size_of::<(HeaderName, HeaderValue)>() * self.headers.len();
        self.data.len() + headers + trailers + own
    }
}
