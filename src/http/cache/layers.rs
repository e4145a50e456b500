//! The cache, set up for HTTP.

use std::borrow::Cow;
use std::convert::Infallible;
use std::time::Duration;

use super::judged::Silent;
use super::semantics::Semantics;
use crate::cache::{CacheBuilder, CacheLayer};
use crate::http::classify::HttpClassifier;
use crate::http::coalesce::MAX_BODY;

/// The capacity for HTTP, in bytes.
const CAPACITY: u64 = 64 * 1024 * 1024;

impl CacheLayer<Infallible, Infallible> {
    /// Starts to build a cache for HTTP, which keeps what [the responses say](Semantics) may be kept.
    ///
    /// Errors and events show its name, of 1 to 64 bytes. It is a shared cache: it keeps nothing that is for one user alone, as far as
    /// the responses say so. Bodies must be `Unpin`; put a body that is not in a `Box::pin`.
    pub fn http(name: impl Into<Cow<'static, str>>) -> CacheBuilder<Semantics> {
        let (classifier, silent) = (HttpClassifier::new(), Silent::default());
        CacheBuilder::new(name.into(), Semantics { classifier, max_body: MAX_BODY, silent }).capacity(CAPACITY)
    }
}

impl<C, M> CacheBuilder<Semantics<C>, M> {
    /// Keeps a response fresh for this long that does not say it itself.
    ///
    /// Set it where the service sends none of the headers, and its responses are for everybody. Defaults to none: such a response is
    /// never fresh, and is kept only where the cache gives stale ones.
    pub fn ttl(mut self, duration: Duration) -> Self {
        self.keep.silent.ttl = Some(duration);
        self
    }

    /// Keeps 404 and 410 too: for as long as they say, or else for this long.
    ///
    /// Set it where callers ask again and again for what is not there. Defaults to not keeping them.
    pub fn negative(mut self, duration: Duration) -> Self {
        self.keep.silent.negative = Some(duration);
        self
    }

    /// Keeps responses whose bodies have at most this size, in bytes.
    ///
    /// A larger one streams on to its caller and is not kept. Callers get a response that is kept when its body has been read whole.
    /// Defaults to 1,048,576.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.keep.max_body = bytes;
        self
    }

    /// Says by a [`Classify`](crate::Classify) when a stale response is given in place of one that has come.
    ///
    /// A failure is not kept either. Defaults to [`HttpClassifier`].
    pub fn classify<D>(self, classifier: D) -> CacheBuilder<Semantics<D>, M> {
        self.map(|Semantics { max_body, silent, .. }| Semantics { classifier, max_body, silent })
    }
}
