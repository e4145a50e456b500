//! What a reason says of the service, which picks HTTP's status and gRPC's code.

/// What a reason says of the service, from which HTTP's status and gRPC's code follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pressure {
    /// The service cannot be called: 503 and `UNAVAILABLE`.
    Unavailable,
    /// There are too many calls at once: 503 and `RESOURCE_EXHAUSTED`.
    Overloaded,
    /// Calls come too often: 429 and `RESOURCE_EXHAUSTED`.
    TooOften,
}
