//! What an error of reqwest tells.

use reqwest::Error;

use super::fact::Fact;
use crate::error::Cause;

/// Whether reqwest could connect is told by the error of hyper-util inside.
pub(super) fn read(cause: &Cause) -> Option<Fact<'_>> {
    cause.downcast_ref::<Error>()?.is_builder().then_some(Fact::AtFault)
}

pub(super) fn is_late(cause: &Cause) -> bool {
    cause.downcast_ref().is_some_and(Error::is_timeout)
}
