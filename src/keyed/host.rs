//! The host of a request, as a key.

use std::fmt;

use http::uri::Authority;

/// The host of a request.
///
/// Only [`http::host`](crate::http::host()) makes it, so that no other key is taken for one that may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host(Option<Authority>);

impl Host {
    pub(crate) const fn new(authority: Option<Authority>) -> Self {
        Self(authority)
    }

    /// The host and its port; `None` if the host is unknown.
    pub const fn authority(&self) -> Option<&Authority> {
        self.0.as_ref()
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref().map_or("unknown", Authority::as_str))
    }
}
