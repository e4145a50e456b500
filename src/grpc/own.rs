//! The status that the service gave, or that tonic makes from the error of its transport.

use std::sync::Arc;

use http::HeaderMap;
use tonic::Status;

use super::code::Code;
use super::status::message;
use crate::error::Error;
use crate::http::causes::{Fact, causes, facts, is_expired};

/// The headers of a status that the service gave.
pub(super) fn headers_of_own(error: Error) -> Result<HeaderMap, Error> {
    let status = own(error)?;
    let mut headers = HeaderMap::new();
    status.add_header(&mut headers).map_err(|status| Error::Service(status.into()))?;
    Ok(headers)
}

/// The status that the service gave, or that tonic makes from its error.
pub(crate) fn own(error: Error) -> Result<Status, Error> {
    if error.verdict().is_some() {
        return Err(error);
    }
    let told = |status| if is_of_transport(&status) { ours(status) } else { status };
    let error = match error.downcast::<Status>() {
        Ok(status) => return Ok(told(status)),
        Err(error) => error,
    };
    if let Some(status) = given(&error) {
        let mut status = told(status);
        status.set_source(Arc::new(error));
        return Ok(status);
    }
    // tonic would make `Cancelled` of its own timeout.
    let is_expired = is_expired(&error);
    match error {
        Error::Service(cause) if !is_expired => Status::try_from_error(cause).map(ours).map_err(Error::Service),
        error => Err(error),
    }
}

/// The status in the chain of sources of the service's own error.
fn given(error: &Error) -> Option<Status> {
    causes(error).find_map(|cause| cause.downcast_ref()).cloned()
}

/// Whether tonic made the status from the end of a stream or a connection. One that the service gave has no such source.
fn is_of_transport(status: &Status) -> bool {
    facts(status).any(|fact| matches!(fact, Fact::Reset { .. } | Fact::Ended { .. }))
}

/// The same status with a message of ours, and with a code that says more: for some broken streams tonic says `Unknown`.
fn ours(status: Status) -> Status {
    let is_unprocessed = || facts(&status).any(|fact| matches!(fact, Fact::Ended { is_unprocessed: true }));
    let code = match status.code() {
        tonic::Code::Internal | tonic::Code::Unknown if is_unprocessed() => Code::Unavailable,
        tonic::Code::Unknown => Code::Internal,
        // The connection was gone before hyper had sent the call, so the caller did not cancel it.
        tonic::Code::Cancelled if !is_of_transport(&status) => Code::Unavailable,
        code => code.into(),
    };
    let mut ours = Status::new(tonic::Code::from_i32(code as i32), message(code));
    ours.set_source(Arc::new(status));
    ours
}
