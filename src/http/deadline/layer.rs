//! The layer: a header for the services it makes.

use http::HeaderName;
use tower::Layer;

use super::{Deadlines, Wire};

/// Wraps services in [`Deadlines`].
///
/// It has no state, so there is nothing to share.
#[derive(Clone, Debug)]
#[must_use]
pub struct DeadlineLayer {
    wire: Wire,
}

impl DeadlineLayer {
    /// Reads and writes whole milliseconds in this header, `x-request-timeout-ms` say.
    pub const fn header(name: HeaderName) -> Self {
        Self::by(Wire::millis(name))
    }

    pub(crate) const fn by(wire: Wire) -> Self {
        Self { wire }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadlines<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Deadlines::new(inner, self.wire.clone())
    }
}
