//! The codes of gRPC, and where a response carries them.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use crate::http::digits::digits;

static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// How a gRPC call ended, as the [protocol] numbers it.
///
/// [protocol]: https://grpc.github.io/grpc/core/md_doc_statuscodes.html
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// It did what it was asked for.
    Ok = 0,
    /// It was cancelled, most often by its caller.
    Cancelled = 1,
    /// It failed, and nothing better is known.
    Unknown = 2,
    /// What it was given is wrong in any state of the service.
    InvalidArgument = 3,
    /// Its deadline passed before it was done.
    DeadlineExceeded = 4,
    /// What it asks for does not exist.
    NotFound = 5,
    /// What it would make exists.
    AlreadyExists = 6,
    /// Its caller may not do this.
    PermissionDenied = 7,
    /// Something is used up: a quota, or a place.
    ResourceExhausted = 8,
    /// The service is not in the state that it needs.
    FailedPrecondition = 9,
    /// It was given up for another that ran at the same time.
    Aborted = 10,
    /// It went past the end of what there is.
    OutOfRange = 11,
    /// The service does not know this call.
    Unimplemented = 12,
    /// The service broke a promise of its own.
    Internal = 13,
    /// The service is not there at present.
    Unavailable = 14,
    /// Data was lost, or is corrupt.
    DataLoss = 15,
    /// It is not known who its caller is.
    Unauthenticated = 16,
}

impl Code {
    const ALL: [Self; 17] = [
        Self::Ok,
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// The code in a header or trailer; one that is unreadable or not assigned is `Unknown`.
    pub(super) fn of_headers(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(&GRPC_STATUS)?;
        Some(digits(value.as_bytes()).map_or(Self::Unknown, Self::of_number))
    }

    /// The code in the head of a response; `None` leaves it to the trailers.
    pub(super) fn of_head<B>(head: &Response<B>) -> Option<Self> {
        let of_content = || is_foreign(head.headers()).then_some(Self::Unknown);
        Self::of_headers(head.headers()).or_else(|| Self::of_status(head.status())).or_else(of_content)
    }

    /// Whether the headers tell the code that servers give for a deadline; tonic's own timeout gives `CANCELLED`.
    pub(super) fn is_of_deadline(headers: &HeaderMap) -> bool {
        matches!(Self::of_headers(headers), Some(Self::Cancelled | Self::DeadlineExceeded))
    }

    pub(crate) fn of_i32(code: i32) -> Self {
        u64::try_from(code).map_or(Self::Unknown, Self::of_number)
    }

    fn of_number(number: u64) -> Self {
        usize::try_from(number).ok().and_then(|number| Self::ALL.get(number).copied()).unwrap_or(Self::Unknown)
    }

    /// The code for an HTTP status without a code, which comes from an intermediary that does not know gRPC
    /// (<https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>).
    const fn of_status(status: StatusCode) -> Option<Self> {
        Some(match status.as_u16() {
            200 => return None,
            400 => Self::Internal,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 | 502 | 503 | 504 => Self::Unavailable,
            _ => Self::Unknown,
        })
    }
}

/// Whether by its content type the body is not gRPC, for example the page of an intermediary. No client reads such a page to its
/// end.
fn is_foreign(headers: &HeaderMap) -> bool {
    const GRPC: &[u8] = b"application/grpc";
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.is_some_and(|kind| !kind.get(..GRPC.len()).is_some_and(|start| start.eq_ignore_ascii_case(GRPC)))
}
