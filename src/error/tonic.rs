//! The statuses that tonic finds in the chain of sources of our own errors.

use std::sync::LazyLock;

use tonic::Status;

use super::pressure::Pressure;

/// The status of a call that was rejected.
pub(super) fn of_rejection(pressure: Pressure) -> &'static Status {
    static UNAVAILABLE: LazyLock<Status> =
        LazyLock::new(|| Status::unavailable("the service is not available at present"));
    static EXHAUSTED: LazyLock<Status> = LazyLock::new(|| Status::resource_exhausted("too many calls"));
    match pressure {
        Pressure::Unavailable => &UNAVAILABLE,
        Pressure::Overloaded | Pressure::TooOften => &EXHAUSTED,
    }
}

/// The status of a call that timed out.
pub(super) fn of_timeout() -> &'static Status {
    static EXCEEDED: LazyLock<Status> = LazyLock::new(|| Status::deadline_exceeded("the call ran out of time"));
    &EXCEEDED
}
