//! Which responses are kept, for how long, and who gets them.

use std::time::{Duration, SystemTime};

use http::header::{
    AGE, AUTHORIZATION, CACHE_CONTROL, DATE, EXPIRES, Entry, HeaderName, LAST_MODIFIED, SET_COOKIE, VARY,
};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_cache_semantics::{CacheOptions, CachePolicy};
use httpdate::fmt_http_date;

use super::directives::Directives;
use crate::cache::Terms;
use crate::fallback::Degraded;
use crate::http::headers;
use crate::time::wall_clock;

/// The greatest age that is told (RFC 9111, 1.2.2). A greater one would overflow.
const OLDEST: u64 = 1 << 31;

/// What a response is good for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Judged {
    /// It is kept. It was so old when it came, and is fresh for so long.
    Keep { terms: Terms, age: Duration, fresh_for: Duration },
    /// It may be shared by those who wait for it.
    Share,
    /// It is for the one who asked.
    Own,
}

/// What is set for responses that do not say it themselves.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Silent {
    pub(super) ttl: Option<Duration>,
    /// For those that say that there is nothing.
    pub(super) negative: Option<Duration>,
}

/// Judges a response to a request with this head, which came so long after the request was sent.
pub(super) fn judge(
    asked: &Request<()>,
    response: &Parts,
    is_failure: bool,
    delay: Duration,
    silent: Silent,
    set: Terms,
) -> Judged {
    let says = Directives(&response.headers);
    if !may_be_shared(asked.headers(), response, says) {
        return Judged::Own;
    }
    if is_failure {
        return Judged::Share;
    }
    let own_ttl = match response.status {
        StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION | StatusCode::NO_CONTENT => silent.ttl,
        StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT => silent.ttl,
        StatusCode::NOT_FOUND | StatusCode::GONE if silent.negative.is_some() => silent.negative,
        _ => return Judged::Share,
    };
    let Some((age, fresh_for)) = freshness(asked, response, delay) else { return Judged::Own };
    let fresh_for = own_ttl.filter(|_| is_silent(&response.headers)).unwrap_or(fresh_for);
    let terms = terms(says, fresh_for).or(set);
    match are_of_use(terms) {
        true => Judged::Keep { terms, age, fresh_for },
        false if response.status.is_client_error() => Judged::Share,
        // It may be another one for each.
        false => Judged::Own,
    }
}

/// Whether others than the one who asked may see the response. One that sets a cookie is never shared, and neither is the answer of a
/// fallback: they would not be told that it is one.
fn may_be_shared(asked: &HeaderMap, response: &Parts, says: Directives<'_>) -> bool {
    let varies_by_all = || vary(&response.headers).any(|name| name == "*");
    let is_authorized = || asked.contains_key(AUTHORIZATION);
    !says.has_any(&["private", "no-store"])
        && !says.are_no_cache()
        && !response.headers.contains_key(SET_COOKIE)
        && response.extensions.get::<Degraded>().is_none()
        && !varies_by_all()
        && (!is_authorized() || says.has_any(&["public", "must-revalidate", "s-maxage"]))
}

/// How old the response was when it came, and for how long it is fresh; `None` if it must not be stored.
fn freshness(asked: &Request<()>, response: &Parts, delay: Duration) -> Option<(Duration, Duration)> {
    let now = wall_clock();
    let sent = now.checked_sub(delay).unwrap_or(SystemTime::UNIX_EPOCH);
    let mut head = Response::new(());
    *head.status_mut() = response.status;
    *head.headers_mut() = response.headers.clone();
    bound_age(head.headers_mut());
    in_small_letters(head.headers_mut());
    let policy = CachePolicy::new_options(asked, &head, sent, CacheOptions::default());
    policy.is_storable().then(|| {
        let (age, own) = (policy.age(now), lifetime(Directives(&response.headers)));
        (age, own.map_or_else(|| policy.time_to_live(now), |own| own.saturating_sub(age)))
    })
}

/// For how long a response says that it is fresh. The policy would take the first of several that differ, and zero for what is too large.
fn lifetime(says: Directives<'_>) -> Option<Duration> {
    let name = ["s-maxage", "max-age"].into_iter().find(|name| says.has(name))?;
    Some(says.seconds(name).unwrap_or_default())
}

/// Notes when a response came that does not say when it was made (RFC 9110, 6.6.1).
pub(super) fn date(headers: &mut HeaderMap) {
    if let (false, Ok(now)) = (headers.contains_key(DATE), fmt_http_date(wall_clock()).parse()) {
        headers::set(headers, &DATE, now);
    }
}

/// Bounds the age that the response says it has.
fn bound_age(headers: &mut HeaderMap) {
    let Some(age) = headers.get(AGE).and_then(|age| age.to_str().ok()) else { return };
    // A number may have a sign where it is parsed.
    let digits = age.strip_prefix('+').unwrap_or(age);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && digits.parse().map_or(true, |age: u64| age > OLDEST) {
        headers.insert(AGE, HeaderValue::from(OLDEST));
    }
}

/// Writes `Cache-Control` so that it is understood whole: in small letters, and in ASCII alone.
fn in_small_letters(headers: &mut HeaderMap) {
    let Entry::Occupied(mut lines) = headers.entry(CACHE_CONTROL) else { return };
    for line in lines.iter_mut() {
        let small = |byte: &u8| if byte.is_ascii() { byte.to_ascii_lowercase() } else { b'?' };
        let bytes: Vec<_> = line.as_bytes().iter().map(small).collect();
        if let Ok(plain) = HeaderValue::from_bytes(&bytes) {
            *line = plain;
        }
    }
}

/// Whether a response says nothing of how long it is fresh.
fn is_silent(headers: &HeaderMap) -> bool {
    let says = Directives(headers);
    !says.has_any(&["max-age", "s-maxage"]) && !headers.contains_key(EXPIRES) && !headers.contains_key(LAST_MODIFIED)
}

/// For how long a response is of use. It may say so itself (RFC 5861), or that it is of no use once it is stale (RFC 9111, 4.2.4).
fn terms(says: Directives<'_>, fresh_for: Duration) -> Terms {
    let ttl = Some(fresh_for);
    if says.has_any(&["must-revalidate", "proxy-revalidate", "s-maxage"]) {
        return Terms { ttl, ..Terms::NO_LONGER };
    }
    let (while_revalidate, if_error) = (says.seconds("stale-while-revalidate"), says.seconds("stale-if-error"));
    Terms { ttl, while_revalidate, if_error, keep: None }
}

/// Whether a response is of any use to those who come after it.
fn are_of_use(terms: Terms) -> bool {
    let Terms { ttl, while_revalidate, if_error, keep } = terms;
    [ttl, while_revalidate, if_error, keep].into_iter().flatten().any(|time| !time.is_zero())
}

/// The names in `Vary`. A line that cannot be read may name everything.
pub(super) fn vary(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(VARY).iter().map(|line| line.to_str().unwrap_or("*"));
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|name| !name.is_empty())
}

/// The names in `Vary` that are names of headers.
pub(super) fn varied(headers: &HeaderMap) -> impl Iterator<Item = HeaderName> {
    vary(headers).filter_map(|name| name.parse().ok())
}
