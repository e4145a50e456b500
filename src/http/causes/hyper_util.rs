//! What an error of hyper-util's client tells.

use std::error::Error as _;

use hyper_util::client::legacy::Error;

use super::fact::Fact;
use crate::error::Cause;

/// How the text begins by which the client refuses a request. Of the kinds of its errors it makes only one public.
const REFUSES: &str = "client error (User";

/// How the texts begin by which connectors refuse a URI: its own, and those of hyper-rustls and hyper-tls.
const REFUSES_URI: [&str; 5] =
    ["invalid URL", "unsupported scheme", "missing scheme", "invalid dns name", "https required but URI was not https"];

pub(super) fn read(cause: &Cause) -> Option<Fact<'_>> {
    let error = cause.downcast_ref::<Error>()?;
    let refuses = |error: &Cause, text: &str| error.to_string().starts_with(text);
    // Whether the request had its turn on a connection, an error of hyper tells.
    let is_told = || error.source().is_some_and(<Cause>::is::<hyper::Error>);
    Some(if refuses(error, REFUSES) {
        Fact::AtFault
    } else if !error.is_connect() {
        return (!is_told()).then_some(Fact::Connected);
    } else if error.source().is_some_and(|source| REFUSES_URI.into_iter().any(|text| refuses(source, text))) {
        Fact::AtFault
    } else {
        Fact::Unsent
    })
}
