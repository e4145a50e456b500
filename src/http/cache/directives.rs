//! The directives of `Cache-Control`.

use std::time::Duration;

use http::HeaderMap;
use http::header::CACHE_CONTROL;

/// The directives of a request or a response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directives<'a>(pub(super) &'a HeaderMap);

impl<'a> Directives<'a> {
    fn all(self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let lines = self.0.get_all(CACHE_CONTROL).iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(',')).map(|part| match part.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
            None => (part.trim(), None),
        })
    }

    pub(super) fn has(self, name: &str) -> bool {
        self.all().any(|(directive, _)| directive.eq_ignore_ascii_case(name))
    }

    pub(super) fn has_any(self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    /// The seconds that a directive has. Of several, the least.
    pub(super) fn seconds(self, name: &str) -> Option<Duration> {
        let named = self.all().filter(|(directive, _)| directive.eq_ignore_ascii_case(name));
        named.filter_map(|(_, value)| value?.parse().ok()).map(Duration::from_secs).min()
    }
}
