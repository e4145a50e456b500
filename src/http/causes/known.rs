//! What a retry knows of a request whose call failed, and the client's error does not tell.

use http_body_util::LengthLimitError;

use super::fact::Fact;
use crate::error::{Cause, Known};

pub(super) fn read(cause: &Cause) -> Option<Fact<'_>> {
    Some(match cause.downcast_ref::<Known>()? {
        Known::TooLarge(_) => Fact::AtFault,
        Known::Innocent(_) => Fact::Ended { is_unprocessed: true },
        // The service's own is its source.
        Known::Shared(_) => return None,
    })
}

pub(super) fn is_too_large(cause: &Cause) -> bool {
    cause.is::<LengthLimitError>() || matches!(cause.downcast_ref(), Some(Known::TooLarge(_)))
}
