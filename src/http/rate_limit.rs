//! The fields that tell callers what is left of a rate limit.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Response};

use super::guarded::Http;
use crate::call::{End, Protocol};
use crate::error::Error;
use crate::name::Name;
use crate::rate_limit::{RateLimitBuilder, RateLimitGuard, RateLimitSnapshot};

static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Adds the fields `RateLimit` and `RateLimit-Policy` to the responses to calls that have passed a rate limit.
///
/// Otherwise calls end as `E` says. Made by [`headers`](RateLimitBuilder::headers).
#[derive(Clone, Copy, Debug, Default)]
pub struct RateLimitFields<E = Http>(E);

impl<C, N, W> RateLimitBuilder<Http<C>, N, W> {
    /// Tells callers what is left, in the fields `RateLimit` and `RateLimit-Policy` of each response.
    ///
    /// They are those of draft-ietf-httpapi-ratelimit-headers, version 08 and later:
    /// `RateLimit: "api";r=42;t=1` for 42 calls that may pass at once, and one more in a second; `RateLimit-Policy: "api";q=600;w=60`
    /// for 600 calls in 60 seconds. The name is that of the limit, in which a character that is not ASCII is shown as `?`. Times are
    /// rounded up to seconds. For a call that is rejected, [`AnswerLayer`](super::AnswerLayer) tells `r=0` and the same time as in
    /// `Retry-After`, and leaves `RateLimit-Policy` out. Needs some allocations a response. Defaults to telling nothing.
    pub fn headers(self) -> RateLimitBuilder<RateLimitFields<Http<C>>, N, W> {
        self.shown().map_end(RateLimitFields)
    }
}

impl<G, E, B, C> End<G, Response<B>> for RateLimitFields<E>
where
    E: End<G, Response<B>, Response = Response<C>>,
    for<'a> &'a G: Into<Option<&'a RateLimitGuard>>,
{
    type Response = Response<C>;

    fn answered(self, guard: G, response: Response<B>) -> Response<C> {
        let left = (&guard).into().and_then(RateLimitGuard::snapshot);
        let mut response = self.0.answered(guard, response);
        if let Some((name, left)) = left {
            tell(response.headers_mut(), name, left);
        }
        response
    }

    fn failed(self, guard: G, error: &Error) {
        self.0.failed(guard, error);
    }
}

impl<E: Protocol> Protocol for RateLimitFields<E> {
    type With<C> = RateLimitFields<E::With<C>>;
    type Classifier = E::Classifier;

    fn with<C>(self, classifier: C) -> Self::With<C> {
        RateLimitFields(self.0.with(classifier))
    }

    fn classifier(self) -> E::Classifier {
        self.0.classifier()
    }
}

/// Appends them: a response may tell of several limits.
fn tell(headers: &mut HeaderMap, name: Name, left: RateLimitSnapshot) {
    let RateLimitSnapshot { available, next, rate, .. } = left;
    tell_left(headers, name, available, next);
    let policy = format!("{};q={};w={}", quoted(name), rate.calls(), seconds(rate.period()));
    append(headers, &RATE_LIMIT_POLICY, policy);
}

/// Tells how many calls may pass at once, and in what time there will be one more.
pub(super) fn tell_left(headers: &mut HeaderMap, name: Name, available: u32, next: Option<Duration>) {
    let next = next.map_or_else(String::new, |next| format!(";t={}", seconds(next)));
    append(headers, &RATE_LIMIT, format!("{};r={available}{next}", quoted(name)));
}

/// Adds nothing to headers that have no room for more.
fn append(headers: &mut HeaderMap, field: &HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.try_append(field, value).ok();
    }
}

/// The name as a string of RFC 9651.
fn quoted(name: Name) -> String {
    let mut quoted = String::from('"');
    for character in name.as_str().chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            _ => quoted.push('?'),
        }
    }
    quoted.push('"');
    quoted
}

/// Whole seconds, rounded up and at least one: no client comes back too soon, or at once.
pub(crate) fn seconds(duration: Duration) -> u64 {
    let started = u64::from(duration.subsec_nanos() > 0);
    duration.as_secs().saturating_add(started).max(1)
}
