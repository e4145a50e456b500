//! What layers put around the service's own error.

use tower::BoxError;

use crate::sync::Arc;

/// The service's own error, with what is known of the request beside it, or with others who have it too.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Known {
    #[error("the request's body is over its limit")]
    TooLarge(#[source] BoxError),
    #[error("the connection ended because of another request")]
    Innocent(#[source] BoxError),
    #[error("the call that callers shared failed")]
    Shared(#[source] Arc<BoxError>),
}

impl Known {
    /// The service's own error.
    pub(super) fn own(error: &BoxError) -> &BoxError {
        match error.downcast_ref() {
            None => error,
            Some(Self::TooLarge(inner) | Self::Innocent(inner)) => Self::own(inner),
            Some(Self::Shared(inner)) => Self::own(inner),
        }
    }

    /// As [`own`](Self::own), by value.
    ///
    /// # Errors
    ///
    /// When others have it too: the error itself, unchanged.
    pub(super) fn into_own(error: BoxError) -> Result<BoxError, BoxError> {
        let within = |inner, around: fn(BoxError) -> Self| Self::into_own(inner).map_err(|inner| around(inner).into());
        match error.downcast().map(|known| *known) {
            Err(error) => Ok(error),
            Ok(Self::TooLarge(inner)) => within(inner, Self::TooLarge),
            Ok(Self::Innocent(inner)) => within(inner, Self::Innocent),
            Ok(Self::Shared(inner)) => match Arc::try_unwrap(inner) {
                Ok(inner) => within(inner, |inner| Self::Shared(Arc::new(inner))),
                Err(inner) => Err(Self::Shared(inner).into()),
            },
        }
    }
}
