//! Keys that are shown though nobody asks: the hosts of HTTP requests.

/// The text of a key of [`http::host`](crate::http::host()). A host is no secret, and an operator must know which one is down.
#[cfg(feature = "http")]
pub(super) fn of_host<K: 'static>(key: &K) -> Option<String> {
    (key as &dyn std::any::Any).downcast_ref::<super::host::Host>().map(ToString::to_string)
}

/// Without HTTP there are no hosts.
#[cfg(not(feature = "http"))]
pub(super) const fn of_host<K: 'static>(_: &K) -> Option<String> {
    None
}
