//! The status of an error: that which the service gave, which tonic makes from the error of its transport, or ours.

use std::sync::Arc;

use http::HeaderMap;
use tonic::Status;

use super::code::Code;
use super::status::{headers, message};
use crate::error::Error;
use crate::http::causes::{Fact, causes, facts, is_expired};

/// The headers of a status that the service gave.
pub(super) fn headers_of_own(error: Error) -> Result<HeaderMap, Error> {
    let status = own(error)?;
    let mut headers = HeaderMap::new();
    status.add_header(&mut headers).map_err(|status| Error::Service(status.into()))?;
    Ok(headers)
}

/// The status that the service gave, or else one in these words. The error becomes its source.
pub(crate) fn status_of(error: Error, words: impl FnOnce(&Error, Code) -> String) -> Status {
    given(error).unwrap_or_else(|error| {
        let ours = Status::from_header_map(&headers(&error)).expect("they have a code");
        let error = Arc::new(error);
        let tonics = match error.verdict() {
            None => of_transport(Error::Service(Shared(Arc::clone(&error)).into())).ok(),
            Some(_) => None,
        };
        let code = tonics.as_ref().map_or_else(|| ours.code().into(), code_of);
        let mut status = Status::with_metadata(number(code), words(&error, code), ours.metadata().clone());
        status.set_source(error);
        status
    })
}

/// An error that is lent to tonic, which looks for a status only in what it owns.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Shared(Arc<Error>);

/// The status that the service gave, or that tonic makes from its error, in words for strangers.
fn own(error: Error) -> Result<Status, Error> {
    given(error).or_else(|error| {
        let code = code_of(&of_transport(error)?);
        Ok(Status::new(number(code), message(code)))
    })
}

/// The status that the service gave, which stands in the chain of its error.
fn given(error: Error) -> Result<Status, Error> {
    if error.verdict().is_some() {
        return Err(error);
    }
    let error = match error.downcast::<Status>() {
        Ok(status) if is_of_transport(&status) => return Err(Error::Service(status.into())),
        Ok(status) => return Ok(status),
        Err(error) => error,
    };
    let found = causes(&error).find_map(|cause| cause.downcast_ref::<Status>()).cloned();
    let found = found.filter(|status| !is_of_transport(status));
    match found {
        Some(mut status) => {
            status.set_source(Arc::new(error));
            Ok(status)
        }
        None => Err(error),
    }
}

/// The status that tonic makes from the error of its transport.
fn of_transport(error: Error) -> Result<Status, Error> {
    // tonic would make `Cancelled` of its own timeout.
    let (is_expired, has_verdict) = (is_expired(&error), error.verdict().is_some());
    match error {
        Error::Service(cause) if !is_expired && !has_verdict => Status::try_from_error(cause).map_err(Error::Service),
        error => Err(error),
    }
}

/// Whether tonic made the status from the end of a stream or a connection. One that the service gave has no such source.
fn is_of_transport(status: &Status) -> bool {
    facts(status).any(|fact| matches!(fact, Fact::Reset { .. } | Fact::Ended { .. } | Fact::Blamed))
}

/// A code that says more than tonic's: for some broken streams tonic says `Unknown`.
fn code_of(status: &Status) -> Code {
    let is_unprocessed = || facts(status).any(|fact| matches!(fact, Fact::Ended { is_unprocessed: true }));
    match status.code() {
        tonic::Code::Internal | tonic::Code::Unknown if is_unprocessed() => Code::Unavailable,
        tonic::Code::Unknown => Code::Internal,
        // The connection was gone before hyper had sent the call, so the caller did not cancel it.
        tonic::Code::Cancelled if !is_of_transport(status) => Code::Unavailable,
        code => code.into(),
    }
}

fn number(code: Code) -> tonic::Code {
    tonic::Code::from_i32(code as i32)
}
