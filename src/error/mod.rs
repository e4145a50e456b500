//! The one error of every layer.

#[cfg(feature = "tonic")]
mod tonic;

use std::{any::Any, convert::Infallible, error, fmt, time::Duration};

use tower::BoxError;

use crate::{Name, time::Nanos};

/// Why a call gave no answer of the service's own.
///
/// The variants are the three answers to *may I send it again?*, for the call as the caller made it.
///
/// Every layer's `Service::Error` is this type, and a layer that meets one of them below it passes it on as it is, also
/// when it travelled through a foreign layer as a `BoxError`. So a stack stays flat: a rejection never allocates, and a
/// service's own error is boxed once, whole, with its [`source`](error::Error::source) chain.
///
/// # Services made of a function
///
/// `From<BoxError>` and `From<Infallible>` let a `service_fn` return `Result<_, palisade::Error>` and use `?`. That is
/// also the way around a limit of the compiler: an async block that returns `BoxError` and is spawned as a part of
/// another async block meets "implementation of `From` is not general enough" with every layer that is bounded by
/// `Into<BoxError>`, tower's own too. So does a boxed service whose error is `BoxError`. Return `palisade::Error`, or an error
/// type of your own; box with `palisade::Error`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A layer refused the call: nothing was sent to the service below.
    #[error(transparent)]
    Rejected(Rejection),
    /// The call ran out of time: the service may or may not have acted on it.
    #[error(transparent)]
    TimedOut(Elapsed),
    /// The service itself failed; its own error is inside.
    #[error("the service failed")]
    Service(#[source] BoxError),
}

impl Error {
    /// Lifts the error of an inner service, which stays what it was if it is one of ours.
    #[inline(always)]
    pub(crate) fn lift<E: Into<BoxError> + 'static>(error: E) -> Self {
        let mut slot = Some(error);
        let known = {
            // The compiler knows the type of `slot` and folds these tests away.
            let slot: &mut dyn Any = &mut slot;
            let own = slot.downcast_mut::<Option<Self>>().and_then(Option::take);
            let rejection = slot.downcast_mut::<Option<Rejection>>().and_then(Option::take).map(Self::Rejected);
            let elapsed = slot.downcast_mut::<Option<Elapsed>>().and_then(Option::take).map(Self::TimedOut);
            let boxed = slot.downcast_mut::<Option<BoxError>>().and_then(Option::take).map(Self::from);
            own.or(rejection).or(elapsed).or(boxed)
        };
        let lifted = known.or_else(|| slot.take().map(|foreign| Self::of_foreign(foreign.into())));
        lifted.expect("the slot was filled above")
    }

    /// What is no box itself may become one with our own error in it.
    #[inline(always)]
    fn of_foreign(error: BoxError) -> Self {
        error.downcast().map_or_else(Self::Service, |own| *own)
    }

    /// The rejection, when a layer refused the call.
    pub const fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            _ => None,
        }
    }

    /// Whether the call ran out of time.
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::TimedOut(_))
    }

    /// How long the call took, when it ran out of time.
    pub const fn elapsed(&self) -> Option<&Elapsed> {
        match self {
            Self::TimedOut(elapsed) => Some(elapsed),
            _ => None,
        }
    }

    /// The service's own error by reference, if it is an `E`.
    pub fn downcast_ref<E: error::Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Service(error) => error.downcast_ref(),
            _ => None,
        }
    }

    /// The service's own error by value, if it is an `E`.
    ///
    /// # Errors
    ///
    /// When it is not: the error itself, unchanged.
    pub fn downcast<E: error::Error + 'static>(self) -> Result<E, Self> {
        match self {
            Self::Service(error) => error.downcast().map(|error| *error).map_err(Self::Service),
            other => Err(other),
        }
    }
}

/// What is in the box stays what it is, also a [`Rejection`] or an [`Elapsed`] that a service got from a handle.
impl From<BoxError> for Error {
    fn from(error: BoxError) -> Self {
        let error = match error.downcast::<Rejection>() {
            Ok(rejection) => return Self::Rejected(*rejection),
            Err(error) => error,
        };
        match error.downcast::<Elapsed>() {
            Ok(elapsed) => Self::TimedOut(*elapsed),
            Err(error) => Self::of_foreign(error),
        }
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Elapsed> for Error {
    fn from(elapsed: Elapsed) -> Self {
        Self::TimedOut(elapsed)
    }
}

/// Tells which layer refused a call, why, and when to try again.
///
/// With the feature `tonic` its source is a status, `UNAVAILABLE` or for a bulkhead `RESOURCE_EXHAUSTED`, where tonic looks for
/// one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rejection {
    name: Name,
    /// `Nanos::MAX` where it is not known.
    retry_after: Nanos,
    reason: RejectionReason,
}

impl Rejection {
    #[inline(always)]
    pub(crate) fn new(name: Name, reason: RejectionReason, retry_after: Option<Nanos>) -> Self {
        let retry_after = retry_after.map_or(Nanos::MAX, |nanos| nanos.min(Nanos(u64::MAX - 1)));
        Self { name, retry_after, reason }
    }

    /// The kind of layer that refused: `"circuit breaker"`, `"bulkhead"` or `"per key"`.
    pub const fn layer(&self) -> &'static str {
        self.reason.layer()
    }

    /// The instance that refused.
    pub const fn name(&self) -> Name {
        self.name
    }

    /// Why it refused.
    pub const fn reason(&self) -> RejectionReason {
        self.reason
    }

    /// How long to wait before the next try, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        (self.retry_after != Nanos::MAX).then(|| self.retry_after.into())
    }
}

impl error::Error for Rejection {
    #[cfg(feature = "tonic")]
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(tonic::of_rejection(self))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}` rejected the call: {}", self.layer(), self.name, self.reason)?;
        match self.retry_after() {
            Some(delay) => write!(f, "; try again in {delay:?}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rejection = f.debug_struct("Rejection");
        rejection.field("name", &self.name).field("reason", &self.reason);
        rejection.field("retry_after", &self.retry_after()).finish()
    }
}

/// Why a layer refused a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
// An error is copied with every result, and copies of words are what processors are good at.
#[repr(u64)]
#[non_exhaustive]
pub enum RejectionReason {
    /// The circuit is open until its time is over.
    CircuitOpen,
    /// The circuit is half-open, and all of its probes are taken.
    ProbesTaken,
    /// The circuit was forced open by hand, and stays so until it is set otherwise.
    ForcedOpen,
    /// The circuit would let the call pass, but the service below is not ready for one.
    NotReady,
    /// The bulkhead is full, and does not queue.
    Full,
    /// The bulkhead is full, and so is its queue.
    QueueFull,
    /// The bulkhead gave no place within the longest wait, or before the deadline of the call.
    WaitedTooLong,
    /// A layer per key has no room for another key.
    KeysFull,
}

impl RejectionReason {
    const fn layer(self) -> &'static str {
        match self {
            Self::CircuitOpen | Self::ProbesTaken | Self::ForcedOpen | Self::NotReady => "circuit breaker",
            Self::Full | Self::QueueFull | Self::WaitedTooLong => "bulkhead",
            Self::KeysFull => "per key",
        }
    }

    /// The reason as the `reason` field of events has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CircuitOpen => "circuit_open",
            Self::ProbesTaken => "probes_taken",
            Self::ForcedOpen => "forced_open",
            Self::NotReady => "not_ready",
            Self::Full => "full",
            Self::QueueFull => "queue_full",
            Self::WaitedTooLong => "waited_too_long",
            Self::KeysFull => "keys_full",
        }
    }
}

impl fmt::Display for RejectionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CircuitOpen => "the circuit is open",
            Self::ProbesTaken => "the circuit is half-open and all its probes are taken",
            Self::ForcedOpen => "the circuit was forced open by hand; `reset` it to close it",
            Self::NotReady => "the service below is not ready",
            Self::Full => "all its places are taken",
            Self::QueueFull => "all its places are taken and its queue is full",
            Self::WaitedTooLong => "no place came free in time",
            Self::KeysFull => "it has no room for another key",
        })
    }
}

/// How long a call took before its time was over.
///
/// With the feature `tonic` its source is a status, `DEADLINE_EXCEEDED`, where tonic looks for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Elapsed {
    limit: Nanos,
    taken: Nanos,
    by: By,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u64)]
enum By {
    Limit,
    Caller,
}

impl Elapsed {
    pub(crate) fn new(limit: Duration, elapsed: Duration, by_caller: bool) -> Self {
        let by = if by_caller { By::Caller } else { By::Limit };
        Self { limit: limit.into(), taken: elapsed.into(), by }
    }

    /// How long the call was allowed to take.
    pub fn limit(&self) -> Duration {
        self.limit.into()
    }

    /// How long it had taken when it was ended.
    pub fn elapsed(&self) -> Duration {
        self.taken.into()
    }

    /// Whether it was ended at a deadline that its caller brought, not at a limit of ours.
    ///
    /// Callers bring one with [`Deadline::scope`](crate::Deadline::scope) or, in HTTP, in a header. It says nothing about the
    /// service: circuit breakers do not count it. So it is told, too, of a call that was not sent because no time was left.
    pub const fn by_caller(&self) -> bool {
        matches!(self.by, By::Caller)
    }
}

impl error::Error for Elapsed {
    #[cfg(feature = "tonic")]
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(tonic::of_timeout())
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "timed out after {:?} of {:?}; it may have been acted on", self.elapsed(), self.limit())
    }
}

const _: () = assert!(size_of::<Error>() <= 32, "an error is copied with every result");
