//! The directives of `Cache-Control`.

use std::str;
use std::time::Duration;

use http::header::{CACHE_CONTROL, PRAGMA};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The directives of a request or a response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directives<'a>(pub(super) &'a HeaderMap);

impl<'a> Directives<'a> {
    /// As bytes: what is not ASCII hides no directive beside it.
    fn all(self, of: HeaderName) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> {
        let lines = self.0.get_all(of).iter().map(HeaderValue::as_bytes);
        lines.flat_map(|line| line.split(|byte| *byte == b',')).map(|part| {
            let mut sides = part.splitn(2, |byte| *byte == b'=').map(<[u8]>::trim_ascii);
            (sides.next().unwrap_or_default(), sides.next())
        })
    }

    pub(super) fn has(self, name: &str) -> bool {
        self.has_in(CACHE_CONTROL, name)
    }

    /// Whether what was kept is of no use. `Pragma` says so where there is no `Cache-Control` (RFC 9111, 5.4).
    pub(super) fn are_no_cache(self) -> bool {
        self.has("no-cache") || !self.0.contains_key(CACHE_CONTROL) && self.has_in(PRAGMA, "no-cache")
    }

    fn has_in(self, header: HeaderName, name: &str) -> bool {
        self.all(header).any(|(directive, _)| directive.eq_ignore_ascii_case(name.as_bytes()))
    }

    pub(super) fn has_any(self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    /// The seconds that a directive has. Of several, the least. What no number can hold has no end (RFC 9111, 1.2.2).
    pub(super) fn seconds(self, name: &str) -> Option<Duration> {
        let named = self.all(CACHE_CONTROL).filter(|(directive, _)| directive.eq_ignore_ascii_case(name.as_bytes()));
        let number = |value| {
            let digits = str::from_utf8(value).ok()?.trim_matches('"');
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| digits.parse().unwrap_or(u64::MAX))
        };
        named.filter_map(|(_, value)| number(value?)).map(Duration::from_secs).min()
    }
}
