//! What gRPC notes in the requests of a retry, and where it looks for the code.

use http::{HeaderMap, HeaderName, Request, Response};

use super::code::Code;
use super::failure::of_error;
use super::hint::Hint;
use super::timeout::TIMEOUT;
use crate::error::Error;
use crate::http::deadline::note;
use crate::http::headers::set;
use crate::http::{Annotate, ReplayBody};
use crate::time::ReadOnce;

static PREVIOUS_ATTEMPTS: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");

/// Tells the server in `grpc-previous-rpc-attempts` how many attempts came before.
///
/// The time of a `grpc-timeout` runs from the call, and does not begin anew with each attempt. After a head without a code, a retry
/// looks for the code in trailers that come before any message. A hedge starts no other attempt after a `grpc-retry-pushback-ms` that is
/// negative or unreadable.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountAttempts;

impl Annotate for CountAttempts {
    fn begin<B>(&self, request: &mut Request<ReplayBody<B>>) {
        if let Some(brought) = TIMEOUT.brought(request, &mut ReadOnce::default()) {
            note(request, brought);
        }
    }

    fn send(&self, headers: &mut HeaderMap, attempt: u32) {
        let previous = attempt - 1;
        if previous == 0 {
            // A caller above may retry too, and have sent its own number.
            headers.remove(&PREVIOUS_ATTEMPTS);
        } else {
            set(headers, &PREVIOUS_ATTEMPTS, previous.into());
        }
    }

    fn looks_ahead<B>(&self, head: &Response<B>) -> bool {
        Code::of_head(head).is_none()
    }

    fn forbids_another<B>(&self, result: Result<&Response<B>, &Error>) -> bool {
        let hint = result.map(|head| Hint::of_headers(head.headers()));
        hint.map_or_else(|error| of_error(error).map(|(_, hint)| hint), Some) == Some(Hint::Never)
    }
}
