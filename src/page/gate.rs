//! Who may read and steer.

use std::fmt;
use std::sync::Arc;

use http::header::{AsHeaderName, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, ORIGIN};
use http::request::Parts;

use super::refusal::Refusal;
use super::steering;

type Authorize = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;
type Who = Arc<dyn Fn(&Parts) -> String + Send + Sync>;

/// Says whether a browser sent the request for a page of the same origin (Fetch Metadata).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a page was told of those who come.
#[derive(Clone, Default)]
pub(super) struct Gate {
    pub(super) reading: Option<Authorize>,
    pub(super) steering: Option<Authorize>,
    pub(super) who: Option<Who>,
    pub(super) hosts: Option<Arc<[String]>>,
    pub(super) asks_password: bool,
    pub(super) shows_keys: bool,
}

impl Gate {
    /// Whether the request names a host of the page: a site that was rebound to its address names its own.
    pub(super) fn check_host(&self, parts: &Parts) -> Result<(), Refusal> {
        let Some(hosts) = &self.hosts else { return Ok(()) };
        let is_ours = host(parts).is_some_and(|host| hosts.iter().any(|ours| is_host(ours, host)));
        if is_ours { Ok(()) } else { Err(Refusal::Host) }
    }

    pub(super) fn check_reading(&self, parts: &Parts) -> Result<(), Refusal> {
        match &self.reading {
            None => Err(Refusal::ReadingClosed),
            Some(authorize) if authorize(parts) => Ok(()),
            Some(_) if self.asks_password => Err(Refusal::NoPassword),
            Some(_) => Err(Refusal::MayNotRead),
        }
    }

    /// Whether a request may steer. No form, beacon or script of another site passes, whatever the browser adds to it.
    pub(super) fn check_steering(&self, parts: &Parts) -> Result<(), Refusal> {
        let authorize = self.steering.as_ref().ok_or(Refusal::SteeringClosed)?;
        if !is_same_site(parts) || !is_same_origin(parts) {
            return Err(Refusal::FromElsewhere);
        }
        if !is_json(parts) {
            return Err(Refusal::NotJson);
        }
        if !authorize(parts) {
            return Err(Refusal::MayNotSteer);
        }
        let length = text(parts, CONTENT_LENGTH).and_then(|length| length.parse().ok());
        if length > Some(steering::LONGEST) { Err(Refusal::TooLarge) } else { Ok(()) }
    }

    /// Whether this reader may steer, too.
    pub(super) fn may_steer(&self, parts: &Parts) -> bool {
        self.steering.as_ref().is_some_and(|authorize| authorize(parts))
    }

    pub(super) fn who(&self, parts: &Parts) -> String {
        let who = self.who.as_ref().map_or_else(|| "page".to_owned(), |who| who(parts));
        who.chars().take(steering::LONGEST_WHO).collect()
    }
}

/// The host that a request names, if it names one: that of its URI, which is `:authority` in HTTP/2, or that of its header.
fn host(parts: &Parts) -> Option<&str> {
    let of_uri = parts.uri.authority().map(|authority| authority.as_str());
    let of_header = only(parts, HOST);
    match (of_uri, of_header) {
        (Some(one), Some(Some(other))) if one.eq_ignore_ascii_case(other) => Some(one),
        (Some(one), None) => Some(one),
        (None, Some(other)) => other,
        _ => None,
    }
}

/// Whether a host is one of the page, which may have any port where `ours` has none.
fn is_host(ours: &str, host: &str) -> bool {
    let is_equal = |host: &str| ours.eq_ignore_ascii_case(host);
    // The colons of an IPv6 address are in brackets.
    let without_port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    is_equal(host) || without_port.is_some_and(|(host, _)| is_equal(host))
}

fn is_same_site(parts: &Parts) -> bool {
    only(parts, SEC_FETCH_SITE).is_none_or(|site| site == Some("same-origin"))
}

/// Whether the origin, where it is sent, is the host.
fn is_same_origin(parts: &Parts) -> bool {
    only(parts, ORIGIN).is_none_or(|origin| {
        let origin = origin.and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
        origin.zip(host(parts)).is_some_and(|(origin, host)| origin.eq_ignore_ascii_case(host))
    })
}

fn is_json(parts: &Parts) -> bool {
    let essence = text(parts, CONTENT_TYPE).and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn text(parts: &Parts, name: impl AsHeaderName) -> Option<&str> {
    only(parts, name).flatten()
}

/// The value of a header that is there: `None` within, where it is there twice or is no text.
fn only(parts: &Parts, name: impl AsHeaderName) -> Option<Option<&str>> {
    let mut values = parts.headers.get_all(name).iter();
    let value = values.next()?;
    Some(value.to_str().ok().filter(|_| values.next().is_none()))
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reading, steering, who: _, hosts, asks_password, shows_keys } = self;
        let mut gate = f.debug_struct("Gate");
        gate.field("reading", &reading.is_some()).field("steering", &steering.is_some()).field("hosts", hosts);
        gate.field("asks_password", asks_password).field("shows_keys", shows_keys).finish_non_exhaustive()
    }
}
