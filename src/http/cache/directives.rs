//! The directives of `Cache-Control`.

use std::str;
use std::time::Duration;

use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue};

/// The directives of a request or a response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directives<'a>(pub(super) &'a HeaderMap);

impl<'a> Directives<'a> {
    /// As bytes: what is not ASCII hides no directive beside it.
    fn all(self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> {
        let lines = self.0.get_all(CACHE_CONTROL).iter().map(HeaderValue::as_bytes);
        lines.flat_map(|line| line.split(|byte| *byte == b',')).map(|part| {
            let mut sides = part.splitn(2, |byte| *byte == b'=').map(<[u8]>::trim_ascii);
            (sides.next().unwrap_or_default(), sides.next())
        })
    }

    pub(super) fn has(self, name: &str) -> bool {
        self.all().any(|(directive, _)| directive.eq_ignore_ascii_case(name.as_bytes()))
    }

    pub(super) fn has_any(self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    /// The seconds that a directive has. Of several, the least.
    pub(super) fn seconds(self, name: &str) -> Option<Duration> {
        let named = self.all().filter(|(directive, _)| directive.eq_ignore_ascii_case(name.as_bytes()));
        let number = |value| str::from_utf8(value).ok()?.trim_matches('"').parse().ok();
        named.filter_map(|(_, value)| number(value?)).map(Duration::from_secs).min()
    }
}
