//! What a layer knows of a request whose call failed, and the service's own error does not tell.

use tower::BoxError;

/// The service's own error, with what is known of the request beside it.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(not(feature = "http"), expect(dead_code, reason = "a retry for HTTP knows it"))]
pub(crate) enum Known {
    #[error("the request's body is over its limit")]
    TooLarge(#[source] BoxError),
    #[error("the connection ended because of another request")]
    Innocent(#[source] BoxError),
}

impl Known {
    /// The service's own error.
    pub(super) fn own(error: &BoxError) -> &BoxError {
        error.downcast_ref().map_or(error, |(Self::TooLarge(own) | Self::Innocent(own))| own)
    }

    /// As [`own`](Self::own), by value.
    pub(super) fn into_own(error: BoxError) -> BoxError {
        error.downcast().map_or_else(
            |error| error,
            |known| match *known {
                Self::TooLarge(own) | Self::Innocent(own) => own,
            },
        )
    }
}
