//! The error of a call that a layer refused, and the one table of reasons.

use std::{error, fmt, time::Duration};

use crate::{name::Name, source::Kind, time::Nanos};

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

    /// The kind of layer that refused: `"circuit breaker"`, `"bulkhead"`, `"per key"` or `"custom"`.
    pub const fn layer(&self) -> &'static str {
        self.reason.kind().as_str()
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
        Some(super::tonic::of_rejection(self))
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

/// What a reason says of the service, from which HTTP's status and gRPC's code follow.
#[cfg(feature = "http")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pressure {
    /// The service cannot be called: 503 and `UNAVAILABLE`.
    Unavailable,
    /// There are too many calls at once: 503 and `RESOURCE_EXHAUSTED`.
    Overloaded,
}

/// The table of reasons: the layer that gives it, its word in events, what it says of the service, and its text.
macro_rules! reasons {
    ($($(#[$doc:meta])* $reason:ident: $kind:ident, $word:literal, $pressure:ident, $text:literal;)+) => {
        /// Why a layer refused a call.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        // An error is copied with every result, and processors copy whole words best.
        #[repr(u64)]
        #[non_exhaustive]
        pub enum RejectionReason {
            $($(#[$doc])* $reason,)+
        }

        impl RejectionReason {
            /// The kind of layer that gives this reason.
            pub const fn kind(self) -> Kind {
                match self {
                    $(Self::$reason => Kind::$kind,)+
                }
            }

            /// The reason as the `reason` field of events has it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$reason => $word,)+
                }
            }

            #[cfg(feature = "http")]
            pub(crate) const fn pressure(self) -> Pressure {
                match self {
                    $(Self::$reason => Pressure::$pressure,)+
                }
            }

            const fn text(self) -> &'static str {
                match self {
                    $(Self::$reason => $text,)+
                }
            }
        }
    };
}

reasons! {
    /// The circuit is open until its time is over.
    CircuitOpen: CircuitBreaker, "circuit_open", Unavailable, "the circuit is open";
    /// The circuit is half-open, and all of its probes are taken.
    ProbesTaken: CircuitBreaker, "probes_taken", Unavailable, "the circuit is half-open and all its probes are taken";
    /// The circuit was forced open by hand, and stays so until it is set otherwise.
    ForcedOpen: CircuitBreaker, "forced_open", Unavailable, "the circuit was forced open by hand; `reset` it to close it";
    /// The circuit would let the call pass, but the inner service is not ready for one.
    NotReady: CircuitBreaker, "not_ready", Unavailable, "the service below is not ready";
    /// The bulkhead is full, and does not queue.
    Full: Bulkhead, "full", Overloaded, "all its places are taken";
    /// The bulkhead is full, and so is its queue.
    QueueFull: Bulkhead, "queue_full", Overloaded, "all its places are taken and its queue is full";
    /// The bulkhead gave no place within the longest wait, or before the deadline of the call.
    WaitedTooLong: Bulkhead, "waited_too_long", Overloaded, "no place came free in time";
    /// A layer per key has no room for another key.
    KeysFull: PerKey, "keys_full", Unavailable, "it has no room for another key";
    /// A limit of the application's own rejected the call.
    Custom: Custom, "custom", Overloaded, "its limit is reached";
}

impl fmt::Display for RejectionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
