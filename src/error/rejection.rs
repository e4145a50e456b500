//! The error of a call that a layer refused, and the one table of reasons.

use std::time::Duration;
use std::{error, fmt};

#[cfg(feature = "http")]
use super::pressure::Pressure;
use crate::name::Name;
use crate::source::Kind;
use crate::time::Nanos;

/// Tells which layer refused a call, why, and when to try again.
///
/// With the feature `tonic` there is a status among its sources, where tonic looks for one: `RESOURCE_EXHAUSTED` when a bulkhead or a limit of
/// your own is full or a rate is used up, otherwise `UNAVAILABLE`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rejection(Refusal);

/// All that a rejection tells.
///
/// It is the source of the rejection, so that it stands in every chain: an error that passes `source` on hides the rejection itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Refusal {
    name: Name,
    /// `Nanos::MAX` where it is not known.
    retry_after: Nanos,
    why: Why,
}

/// The reason, and what it does not say by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Why {
    Reason(RejectionReason),
    /// `RateLimited` by a limit that tells callers what is left.
    RateTold,
    /// `NotReady` for a limit of one's own.
    Unready,
}

impl Rejection {
    #[inline(always)]
    pub(crate) fn new(name: Name, reason: RejectionReason, retry_after: Option<Nanos>) -> Self {
        let retry_after = retry_after.map_or(Nanos::MAX, |nanos| nanos.min(Nanos(u64::MAX - 1)));
        Self(Refusal { name, retry_after, why: Why::Reason(reason) })
    }

    /// The same of a rate limit that tells callers what is left.
    pub(crate) fn with_rate_told(self) -> Self {
        Self(Refusal { why: Why::RateTold, ..self.0 })
    }

    /// Whether callers are told what is left.
    #[cfg(feature = "http")]
    pub(crate) const fn is_rate_told(self) -> bool {
        matches!(self.0.why, Why::RateTold)
    }

    /// The rejection for a limit of one's own that gives none, though the inner service is not ready.
    pub(crate) const fn unnamed() -> Self {
        Self(Refusal { name: Name::of("limit"), retry_after: Nanos::MAX, why: Why::Unready })
    }

    /// The kind of layer that refused: `"circuit breaker"`, `"bulkhead"`, `"rate limit"`, `"per key"`, `"replicas"`, `"coalesce"` or
    /// `"custom"`.
    pub const fn layer(self) -> &'static str {
        match self.0.why {
            Why::Unready => Kind::Custom.as_str(),
            _ => self.reason().kind().as_str(),
        }
    }

    /// The instance that refused.
    pub const fn name(self) -> Name {
        self.0.name
    }

    /// Why it refused.
    pub const fn reason(self) -> RejectionReason {
        match self.0.why {
            Why::Reason(reason) => reason,
            Why::RateTold => RejectionReason::RateLimited,
            Why::Unready => RejectionReason::NotReady,
        }
    }

    /// How long to wait before the next try, where that is known.
    pub fn retry_after(self) -> Option<Duration> {
        (self.0.retry_after != Nanos::MAX).then(|| self.0.retry_after.into())
    }
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl error::Error for Rejection {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.0)
    }
}

impl error::Error for Refusal {
    #[cfg(feature = "tonic")]
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(super::tonic::of_rejection(Rejection(*self).reason().pressure()))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the call was not sent")
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}` rejected the call: {}", self.layer(), self.name(), self.reason())?;
        match self.retry_after() {
            Some(delay) => write!(f, "; try again in {delay:?}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rejection = f.debug_struct("Rejection");
        rejection.field("name", &self.name()).field("reason", &self.reason());
        rejection.field("retry_after", &self.retry_after()).finish()
    }
}

/// The table of reasons: the kind of layer that gives it, its word in events, the [`Pressure`](super::pressure::Pressure) that
/// picks HTTP's status and gRPC's code, and its text.
macro_rules! reasons {
    ($($reason:ident: $kind:ident, $word:literal, $pressure:ident, $text:literal;)+) => {
        /// Why a layer refused a call.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        // An error is copied with every result, and processors copy whole words best.
        #[repr(u64)]
        #[non_exhaustive]
        pub enum RejectionReason {
            $(
                #[doc = concat!("The call was rejected because ", $text, ".")]
                $reason,
            )+
        }

        impl RejectionReason {
            /// All of them, each at its own number.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$reason,)+];

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
    CircuitOpen: CircuitBreaker, "circuit_open", Unavailable, "the circuit is open";
    ProbesTaken: CircuitBreaker, "probes_taken", Unavailable, "the circuit is half-open and all its probes are taken";
    ForcedOpen: CircuitBreaker, "forced_open", Unavailable, "the circuit was forced open by hand; `reset` it to close it";
    NotReady: CircuitBreaker, "not_ready", Unavailable, "the service below is not ready";
    Full: Bulkhead, "full", Overloaded, "all its places are taken";
    QueueFull: Bulkhead, "queue_full", Overloaded, "all its places are taken and its queue is full";
    WaitedTooLong: Bulkhead, "waited_too_long", Overloaded, "no place came free in time";
    RateLimited: RateLimit, "rate_limited", TooOften, "there are more calls than its rate allows";
    KeysFull: PerKey, "keys_full", Unavailable, "it has no room for another key";
    NoReplica: Replicas, "no_replica", Unavailable, "no replica takes it";
    TooManyWaiters: Coalesce, "too_many_waiters", Overloaded, "as many callers wait for the same call as may";
    Custom: Custom, "custom", Overloaded, "its limit is reached";
}

impl fmt::Display for RejectionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
