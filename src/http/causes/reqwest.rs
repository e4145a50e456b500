//! What an error of reqwest tells.

use reqwest::Error;

use super::fact::Fact;
use crate::error::Cause;

pub(super) fn read(cause: &Cause) -> Option<Fact<'_>> {
    let error = cause.downcast_ref::<Error>()?;
    Some(Fact::Client { is_connect: error.is_connect(), is_invalid: error.is_builder(), follows_redirects: true })
}
