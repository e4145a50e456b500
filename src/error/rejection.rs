//! The error of a call that a layer refused, and the one table of reasons.

use std::collections::BTreeSet;
use std::time::Duration;
use std::{error, fmt};

use parking_lot::Mutex;

#[cfg(feature = "http")]
use super::pressure::Pressure;
use crate::name::Name;
use crate::source::Kind;
use crate::time::Nanos;

/// Tells which layer refused a call, why, and when to try again.
///
/// With the feature `tonic` there is a status among its sources, where tonic looks for one: `RESOURCE_EXHAUSTED` when a bulkhead or a limit of
/// your own is full, a rate is used up or a throttle rejects, otherwise `UNAVAILABLE`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rejection(Refusal);

/// All that a rejection tells.
///
/// It is the source of the rejection, so that it stands in every chain: an error that passes `source` on hides the rejection itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Refusal {
    One {
        name: Name,
        retry_after: Nanos,
        why: Why,
    },
    /// No replica took the call, and the last one that was tried rejected it.
    Last {
        of: &'static LastOf,
        retry_after: Nanos,
    },
}

/// Stands for a pause that is not known.
const UNKNOWN: Nanos = Nanos::MAX;

/// The replicas that did not take a call, and the last rejection by one of them. Interned, as names are: an error has no room for it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LastOf {
    name: Name,
    last: LastRejection,
}

/// The last rejection by a replica, as a source of the rejection that no replica takes the call.
///
/// It does not hold a rejection, whose sources would say of what kind the whole call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct LastRejection {
    name: Name,
    reason: RejectionReason,
}

/// It grows by the names of replicas and of limits below them, and by reasons. All of these are few.
static LAST: Mutex<BTreeSet<&'static LastOf>> = Mutex::new(BTreeSet::new());

impl LastOf {
    fn intern(last: Self) -> &'static Self {
        let mut known = LAST.lock();
        if let Some(known) = known.get(&last) {
            return known;
        }
        let last: &'static Self = Box::leak(Box::new(last));
        known.insert(last);
        last
    }
}

/// The reason, and what it does not say by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Why {
    Reason(RejectionReason),
    /// `RateLimited` by a limit that tells callers what is left.
    RateTold,
    /// `NotReady` for a limit of one's own.
    Unready,
    /// `SwitchedOff` for a fallback that is to answer always.
    Fallback,
}

impl Rejection {
    #[inline(always)]
    pub(crate) fn new(name: Name, reason: RejectionReason, retry_after: Option<Nanos>) -> Self {
        let retry_after = retry_after.map_or(UNKNOWN, |nanos| nanos.min(Nanos(UNKNOWN.0 - 1)));
        Self(Refusal::One { name, retry_after, why: Why::Reason(reason) })
    }

    /// The same for replicas, with the rejection by the last one that was tried.
    pub(crate) fn after(self, last: Self) -> Self {
        let (name, last) = (self.name(), LastRejection { name: last.name(), reason: last.reason() });
        Self(Refusal::Last { of: LastOf::intern(LastOf { name, last }), retry_after: self.pause() })
    }

    /// The same of a rate limit that tells callers what is left.
    pub(crate) fn with_rate_told(self) -> Self {
        Self(Refusal::One { name: self.name(), retry_after: self.pause(), why: Why::RateTold })
    }

    /// Whether callers are told what is left.
    #[cfg(feature = "http")]
    pub(crate) const fn is_rate_told(self) -> bool {
        matches!(self.0, Refusal::One { why: Why::RateTold, .. })
    }

    /// The rejection for a limit of one's own that gives none, though the inner service is not ready.
    pub(crate) const fn unnamed() -> Self {
        Self(Refusal::One { name: Name::of("limit"), retry_after: UNKNOWN, why: Why::Unready })
    }

    /// The rejection of a fallback that is to answer always.
    pub(crate) const fn of_fallback(name: Name) -> Self {
        Self(Refusal::One { name, retry_after: UNKNOWN, why: Why::Fallback })
    }

    /// The kind of layer that refused: `"circuit breaker"`, `"bulkhead"`, `"rate limit"`, `"throttle"`, `"per key"`, `"replicas"`,
    /// `"coalesce"`, `"feature"`, `"fallback"` or `"custom"`.
    pub const fn layer(self) -> &'static str {
        match self.0 {
            Refusal::One { why: Why::Unready, .. } => Kind::Custom.as_str(),
            Refusal::One { why: Why::Fallback, .. } => Kind::Fallback.as_str(),
            _ => self.reason().kind().as_str(),
        }
    }

    /// The instance that refused.
    pub const fn name(self) -> Name {
        match self.0 {
            Refusal::One { name, .. } => name,
            Refusal::Last { of, .. } => of.name,
        }
    }

    /// Why it refused.
    pub const fn reason(self) -> RejectionReason {
        match self.0 {
            Refusal::One { why: Why::Reason(reason), .. } => reason,
            Refusal::One { why: Why::RateTold, .. } => RejectionReason::RateLimited,
            Refusal::One { why: Why::Unready, .. } => RejectionReason::NotReady,
            Refusal::One { why: Why::Fallback, .. } => RejectionReason::SwitchedOff,
            Refusal::Last { .. } => RejectionReason::NoReplica,
        }
    }

    /// How long to wait before the next try, where that is known.
    pub fn retry_after(self) -> Option<Duration> {
        let pause = self.pause();
        (pause != UNKNOWN).then(|| pause.into())
    }

    const fn pause(self) -> Nanos {
        match self.0 {
            Refusal::One { retry_after, .. } | Refusal::Last { retry_after, .. } => retry_after,
        }
    }

    /// The last rejection by a replica, where replicas reject the call because none of them takes it.
    ///
    /// It says which layer refused below that replica, and why. Its [`retry_after`](Self::retry_after) is not known: that of the whole is
    /// the shortest of all. It is among the sources, too, as text.
    pub fn last(self) -> Option<Self> {
        match self.0 {
            Refusal::One { .. } => None,
            Refusal::Last { of, .. } => Some(of.last.rejection()),
        }
    }
}

impl LastRejection {
    fn rejection(self) -> Rejection {
        Rejection::new(self.name, self.reason, None)
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
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::One { .. } => status(Rejection(*self).reason()),
            Self::Last { of, .. } => Some(&of.last),
        }
    }
}

impl error::Error for LastRejection {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        status(RejectionReason::NoReplica)
    }
}

/// Where tonic looks for one.
#[cfg(feature = "tonic")]
#[expect(clippy::unnecessary_wraps, reason = "without tonic there is none")]
fn status(reason: RejectionReason) -> Option<&'static (dyn error::Error + 'static)> {
    Some(super::tonic::of_rejection(reason.pressure()))
}

#[cfg(not(feature = "tonic"))]
const fn status(_: RejectionReason) -> Option<&'static (dyn error::Error + 'static)> {
    None
}

impl fmt::Display for LastRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rejection().fmt(f)
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
        rejection.field("retry_after", &self.retry_after());
        if let Some(last) = self.last() {
            rejection.field("last", &last);
        }
        rejection.finish()
    }
}

/// The table of reasons: the kind of layer that gives it, its word in events, the [`Pressure`](super::pressure::Pressure) that
/// picks HTTP's status and gRPC's code, and its text.
macro_rules! reasons {
    ($($reason:ident: $kind:ident, $word:literal, $pressure:ident, $text:literal;)+) => {
        /// Why a layer refused a call.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    Throttled: Throttle, "throttled", Overloaded, "the service takes too few of the calls that it gets";
    KeysFull: PerKey, "keys_full", Unavailable, "it has no room for another key";
    NoReplica: Replicas, "no_replica", Unavailable, "no replica takes it";
    TooManyWaiters: Coalesce, "too_many_waiters", Overloaded, "as many callers wait for the same call as may";
    SwitchedOff: Feature, "switched_off", Unavailable, "it is switched off";
    Custom: Custom, "custom", Overloaded, "its limit is reached";
}

impl fmt::Display for RejectionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
