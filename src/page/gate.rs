//! Who may read and steer.

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, ORIGIN};
use http::request::Parts;
use http::uri::Authority;

use super::refusal::Refusal;

type Authorize = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;
type Who = Arc<dyn Fn(&Parts) -> String + Send + Sync>;

/// Says whether a browser sent the request for a page of the same origin (Fetch Metadata).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The most bytes that a request to steer may have.
pub(super) const LONGEST_BODY: usize = 4096;

/// The most characters of who steers.
const LONGEST_WHO: usize = 200;

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
        let length = Header::of(parts, CONTENT_LENGTH).text().and_then(|length| length.parse().ok());
        if length > Some(LONGEST_BODY) { Err(Refusal::TooLarge) } else { Ok(()) }
    }

    /// Whether this reader may steer, too.
    pub(super) fn may_steer(&self, parts: &Parts) -> bool {
        self.steering.as_ref().is_some_and(|authorize| authorize(parts))
    }

    pub(super) fn who(&self, parts: &Parts) -> String {
        let who = self.who.as_ref().map_or_else(|| "page".to_owned(), |who| who(parts));
        who.chars().take(LONGEST_WHO).collect()
    }
}

/// The host that a request names, if it names one: that of its URI, which is `:authority` in HTTP/2, or that of its header.
fn host(parts: &Parts) -> Option<&str> {
    let of_uri = parts.uri.authority().map(Authority::as_str);
    match (of_uri, Header::of(parts, HOST)) {
        (Some(one), Header::Text(other)) if one.eq_ignore_ascii_case(other) => Some(one),
        (Some(one), Header::Absent) => Some(one),
        (None, Header::Text(other)) => Some(other),
        _ => None,
    }
}

/// Whether a host is one of the page, which may have any port where `ours` has none.
fn is_host(ours: &str, host: &str) -> bool {
    let is_equal = |host: &str| !host.is_empty() && ours.eq_ignore_ascii_case(host);
    // The colons of an IPv6 address are in brackets.
    let without_port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    is_equal(host) || without_port.is_some_and(|(host, _)| is_equal(host))
}

fn is_same_site(parts: &Parts) -> bool {
    matches!(Header::of(parts, SEC_FETCH_SITE), Header::Absent | Header::Text("same-origin"))
}

/// Whether the origin, where it is sent, is the host.
fn is_same_origin(parts: &Parts) -> bool {
    let origin = match Header::of(parts, ORIGIN) {
        Header::Absent => return true,
        Header::Text(origin) => origin.split_once("://").map(|(_, host)| host),
        Header::Odd => None,
    };
    origin.zip(host(parts)).is_some_and(|(origin, host)| origin.eq_ignore_ascii_case(host))
}

fn is_json(parts: &Parts) -> bool {
    let essence = Header::of(parts, CONTENT_TYPE).text().and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// A header that may be there once.
enum Header<'a> {
    Absent,
    Text(&'a str),
    /// It is there twice, or is no text.
    Odd,
}

impl<'a> Header<'a> {
    fn of(parts: &'a Parts, name: HeaderName) -> Self {
        let mut values = parts.headers.get_all(name).iter();
        match (values.next().map(HeaderValue::to_str), values.next()) {
            (None, _) => Self::Absent,
            (Some(Ok(text)), None) => Self::Text(text),
            _ => Self::Odd,
        }
    }

    const fn text(self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reading, steering, who: _, hosts, asks_password, shows_keys } = self;
        let mut gate = f.debug_struct("Gate");
        gate.field("reading", &reading.is_some()).field("steering", &steering.is_some()).field("hosts", hosts);
        gate.field("asks_password", asks_password).field("shows_keys", shows_keys).finish_non_exhaustive()
    }
}
