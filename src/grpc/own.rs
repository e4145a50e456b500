//! The status that the service gave, or that tonic makes from the error of its transport.

use std::{error, sync::Arc};

use http::HeaderMap;
use tonic::Status;

use super::{Code, status::message};
use crate::{
    error::Error,
    http::{Fact, causes, facts},
};

/// The headers of a status that the service gave.
pub(super) fn headers_of_own(error: Error) -> Result<HeaderMap, Error> {
    let status = own(error)?;
    let mut headers = HeaderMap::new();
    status.add_header(&mut headers).map_err(|status| Error::Service(status.into()))?;
    Ok(headers)
}

/// The status that the service gave, or that tonic makes from its error.
pub(crate) fn own(error: Error) -> Result<Status, Error> {
    let error = match error.downcast::<Status>() {
        Ok(status) if is_of_transport(&status) => return Ok(ours(status)),
        Ok(status) => return Ok(status),
        Err(error) => error,
    };
    match given(&error) {
        Some(mut status) => {
            status.set_source(Arc::new(error));
            Ok(status)
        }
        None if is_expired(&error) => Err(error),
        None => known(error),
    }
}

/// Whether tonic made the status from the end of a stream or a connection. One that the service gave has no such source.
fn is_of_transport(status: &Status) -> bool {
    causes_of(status).any(<dyn error::Error>::is::<h2::Error>)
}

/// Whether the server went away and had not begun with this stream: h2 reports the `GOAWAY` only to such streams.
fn is_unprocessed(status: &Status) -> bool {
    let went_away = |error: &h2::Error| error.is_go_away() && error.is_remote();
    causes_of(status).filter_map(|cause| cause.downcast_ref()).any(went_away)
}

fn causes_of(status: &Status) -> impl Iterator<Item = &(dyn error::Error + 'static)> {
    std::iter::successors(error::Error::source(status), |cause| cause.source())
}

/// The status in the chain of sources of the service's own error.
fn given(error: &Error) -> Option<Status> {
    let Error::Service(_) = error else { return None };
    causes(error).find_map(|cause| cause.downcast_ref()).cloned()
}

/// The status that tonic makes from an error of the transport.
fn known(error: Error) -> Result<Status, Error> {
    let Error::Service(error) = error else { return Err(error) };
    Status::try_from_error(error).map(ours).map_err(Error::Service)
}

/// The same status with a message of ours, and with a code that says more: for some broken streams tonic says `Unknown`.
fn ours(status: Status) -> Status {
    let code = match status.code() {
        tonic::Code::Internal | tonic::Code::Unknown if is_unprocessed(&status) => Code::Unavailable,
        tonic::Code::Unknown => Code::Internal,
        // The connection was gone before hyper had sent the call, so the caller did not cancel it.
        tonic::Code::Cancelled if !is_of_transport(&status) => Code::Unavailable,
        code => code.into(),
    };
    let mut ours = of_code(code);
    ours.set_source(Arc::new(status));
    ours
}

/// Whether tonic's own timeout has ended the call. tonic would make `Cancelled` of it.
pub(super) fn is_expired(error: &Error) -> bool {
    facts(error).any(|fact| matches!(fact, Fact::Expired))
}

pub(crate) fn of_code(code: Code) -> Status {
    Status::new(tonic::Code::from_i32(code as i32), message(code))
}
