//! How new a request wants its response.

use std::time::Duration;

use http::HeaderMap;

use super::directives::Directives;

/// How new a request wants its response. `max-stale` is not heeded: how stale a response may be, the cache is set to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wants {
    is_no_cache: bool,
    max_age: Duration,
    min_fresh: Duration,
}

impl Wants {
    pub(super) fn of(request: &HeaderMap) -> Self {
        let asks = Directives(request);
        Self {
            is_no_cache: asks.are_no_cache(),
            max_age: asks.seconds("max-age").unwrap_or(Duration::MAX),
            min_fresh: asks.seconds("min-fresh").unwrap_or_default(),
        }
    }

    /// Whether a response that was kept is new enough, which is so old and is fresh for so long.
    pub(super) fn are_met(self, age: Duration, fresh_for: Duration) -> bool {
        !self.is_no_cache && age <= self.max_age && fresh_for >= self.min_fresh
    }

    /// Whether the call of a request with the other wants asks every cache below for as much.
    pub(super) fn are_within(self, other: Self) -> bool {
        let is_within = other.max_age <= self.max_age && other.min_fresh >= self.min_fresh;
        other.is_no_cache || !self.is_no_cache && is_within
    }
}
