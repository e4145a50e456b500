//! Which HTTP calls may be shared.

use std::hash::Hash;

use http::header::{
    HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE, UPGRADE,
};
use http::{Method, Request};

use crate::coalesce::ToKey;
use crate::context::Deadline;
use crate::debug::debug_by_type;

/// Headers with which the response is no longer that of the resource as it is, though keys seldom hold them.
pub(in crate::http) const OWN: [HeaderName; 7] =
    [RANGE, IF_RANGE, IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE, UPGRADE];

/// Headers in which a caller says how long it waits: those of [`DeadlineLayer`](super::super::DeadlineLayer).
const WAITS: [&str; 2] = ["x-request-timeout-ms", "grpc-timeout"];

/// Shares `GET` requests for whole resources, by a function `Fn(&Request<B>) -> K`. All others are sent as they are.
///
/// A request that has a range, a condition or an upgrade in its headers is not shared. From one that is, the deadline of its caller is
/// taken: in the extensions, and in the headers `x-request-timeout-ms` and `grpc-timeout`.
#[derive(Clone, Copy)]
pub struct OnlyGets<F>(pub(crate) F);

impl<B, K: Hash + Eq, F: Fn(&Request<B>) -> K> ToKey<Request<B>> for OnlyGets<F> {
    type Key = K;

    fn key(&self, request: &mut Request<B>) -> Option<K> {
        if request.method() != Method::GET || OWN.iter().any(|name| request.headers().contains_key(name)) {
            return None;
        }
        let key = self.0(request);
        take_deadline(request);
        Some(key)
    }
}

/// Takes the deadline of its caller from a request that others share.
pub(in crate::http) fn take_deadline<B>(request: &mut Request<B>) {
    for name in WAITS {
        request.headers_mut().remove(name);
    }
    request.extensions_mut().remove::<Deadline>();
}

debug_by_type! { OnlyGets<F> }
