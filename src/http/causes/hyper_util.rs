//! What an error of hyper-util's client tells.

use hyper_util::client::legacy::Error;

use super::fact::Fact;
use crate::error::Cause;

pub(super) fn read(cause: &Cause) -> Option<Fact<'_>> {
    let is_connect = cause.downcast_ref::<Error>()?.is_connect();
    Some(Fact::Client { is_connect, is_invalid: false, follows_redirects: false })
}
