//! The layer: a limit for the services it makes.

use std::{borrow::Cow, marker::PhantomData, time::Duration};

use tower::Layer;

use super::{ByRequest, CallOnly, CoverReadiness, Timeout};
use crate::{ConfigError, Name};

/// Wraps services in a [`Timeout`].
///
/// It has no state, so there is nothing to share.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct TimeoutLayer<L = Duration, R = CallOnly> {
    limit: L,
    name: Name,
    covers: PhantomData<R>,
}

impl TimeoutLayer {
    /// Ends calls that take longer than `limit`; zero polls once, and [`Duration::MAX`] is as good as never.
    pub const fn new(limit: Duration) -> Self {
        Self::of(limit)
    }
}

impl<F> TimeoutLayer<ByRequest<F>> {
    /// Ends calls that take longer than `limit` says of their request.
    pub const fn by_request(limit: F) -> Self {
        Self::of(ByRequest(limit))
    }
}

impl<L, R> TimeoutLayer<L, R> {
    const fn of(limit: L) -> Self {
        Self { limit, name: Name::of("timeout"), covers: PhantomData }
    }

    /// Covers what `Q` says.
    #[cfg(feature = "http")]
    pub(crate) fn cover<Q>(self) -> TimeoutLayer<L, Q> {
        TimeoutLayer { limit: self.limit, name: self.name, covers: PhantomData }
    }

    /// Sets what events call it: 1 to 64 bytes. Defaults to `timeout`.
    ///
    /// # Errors
    ///
    /// When the name is empty or too long.
    pub fn name(self, name: impl Into<Cow<'static, str>>) -> Result<Self, ConfigError> {
        Ok(Self { name: Name::new(name).map_err(|error| error.of("timeout"))?, ..self })
    }
}

impl<L, C> TimeoutLayer<L, CallOnly<C>> {
    /// Takes the wait for readiness into the limit, by calling a clone of the service.
    ///
    /// Set it where the service below waits in `poll_ready`, as connection pools do. Defaults to timing the call only.
    pub fn cover_readiness(self) -> TimeoutLayer<L, CoverReadiness<C>> {
        TimeoutLayer { limit: self.limit, name: self.name, covers: PhantomData }
    }
}

impl<S, L: Clone, R> Layer<S> for TimeoutLayer<L, R> {
    type Service = Timeout<S, L, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Timeout::new(inner, self.limit.clone(), self.name)
    }
}
