//! How the responses of a service are kept.

use std::time::Duration;

use crate::error::Error;
use crate::kept::Recall;

/// Says which responses of a service are kept, and for how long.
///
/// The crate has [`ByKey`](super::ByKey) and, with the feature `http-cache-semantics`, `http::Semantics`.
pub trait Keep<Request, Inner>: Recall<Request, Self::Response, Value = <Self as Keep<Request, Inner>>::Kept> {
    /// A response as it is kept.
    type Kept: Send + Sync + 'static;

    /// What callers get.
    type Response;

    /// What is remembered of a request until its response is there.
    type Asked;

    /// The future that reads a response.
    type Reading: Future<Output = Result<Read<Self::Kept, Self::Response>, Error>>;

    /// Takes from a request what is its caller's alone, because others share its call. Defaults to nothing.
    fn share(&self, _: &mut Request) {}

    /// Remembers what the response is judged by.
    fn ask(&self, request: &Request) -> Self::Asked;

    /// Reads a response, as far as that is needed to keep it.
    fn read(&self, asked: Self::Asked, response: Inner, around: Around) -> Self::Reading;

    /// Passes a response on that is not kept. With it comes whether it is an error.
    fn pass(&self, response: Inner) -> (Self::Response, bool);

    /// Whether an error may be replaced by a response that is fresh no more.
    fn is_failure(&self, error: &Error) -> bool;

    /// How much of the capacity a response takes at its key; 0 counts as 1. Defaults to 1.
    fn weigh(&self, _: &Self::Key, _: &Self::Kept) -> u32 {
        1
    }

    /// Where a response is kept that is not for all requests of its key: the key itself then leads there. Defaults to the key.
    fn fork(&self, _: &Self::Key, _: &Self::Kept) -> Option<Fork<Self::Key, Self::Kept>> {
        None
    }

    /// What is kept at a key whose responses are not shared, and for how long. Defaults to nothing.
    fn alone(&self) -> Option<(Self::Kept, Duration)> {
        None
    }
}

/// A key that leads to others.
#[derive(Clone, Debug)]
pub struct Fork<K, V> {
    /// The key.
    pub at: K,
    /// What is kept there.
    pub signpost: V,
    /// The key of the response.
    pub to: K,
}

/// What there is beside a response that is read.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Around {
    /// How the cache is set, for what the response does not say.
    pub set: Terms,
    /// Whether a stale response is given in place of a failure. Then nothing of a failure need be read.
    pub stands_in: bool,
}

/// What was read of a response.
#[derive(Debug)]
#[non_exhaustive]
pub enum Read<V, R> {
    /// It is kept.
    Keep(V, Terms),
    /// It is not kept, and all who wait for it get it. With it comes whether it is a failure.
    Share(V, bool),
    /// Only the caller who began the call gets it. With it comes whether it is a failure.
    Own(R, bool),
}

/// For how long a response is of use. What is `None` is as the cache is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// For how long it is fresh.
    pub ttl: Option<Duration>,
    /// For how long after that it is given while it is refreshed.
    pub while_revalidate: Option<Duration>,
    /// For how long after it was fresh it is given if the service fails.
    pub if_error: Option<Duration>,
    /// For how long after it was fresh it is there for a fallback.
    pub keep: Option<Duration>,
}

impl Terms {
    /// It is not of use for longer than it is fresh.
    pub const NO_LONGER: Self = Self {
        ttl: None,
        while_revalidate: Some(Duration::ZERO),
        if_error: Some(Duration::ZERO),
        keep: Some(Duration::ZERO),
    };

    /// The same, but as these say it where it is `None`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            ttl: self.ttl.or(other.ttl),
            while_revalidate: self.while_revalidate.or(other.while_revalidate),
            if_error: self.if_error.or(other.if_error),
            keep: self.keep.or(other.keep),
        }
    }
}
