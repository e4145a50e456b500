//! What may be changed from outside, by somebody who has no handle.

use std::borrow::Cow;
use std::fmt;

use crate::source::Kind;
use crate::state::rate::Rate;

/// The table of actions: the kinds that take it, and its word.
macro_rules! actions {
    ($($(#[$doc:meta])+ $action:ident$(($value:ty))?: $($kind:ident)|+, $word:literal;)+) => {
        /// A change by hand, which [`Registry::steer`](crate::Registry::steer) makes. Each does what the method of that name of a handle does.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Action {
            $($(#[$doc])+ $action$(($value))?,)+
        }

        impl Action {
            /// The action in one word, such as `"force_open"`.
            pub const fn as_str(&self) -> &'static str {
                match self {
                    $(Self::$action { .. } => $word,)+
                }
            }

            /// The words of the actions that instances of a kind take.
            pub fn words_of(kind: Kind) -> Vec<&'static str> {
                let all = [$((&[$(Kind::$kind),+][..], $word)),+].into_iter();
                all.filter(|(kinds, _)| kinds.contains(&kind)).map(|(_, word)| word).collect()
            }
        }
    };
}

actions! {
    /// [`CircuitHandle::force_open`](crate::CircuitHandle::force_open)
    ForceOpen: CircuitBreaker, "force_open";
    /// [`CircuitHandle::force_closed`](crate::CircuitHandle::force_closed)
    ForceClosed: CircuitBreaker, "force_closed";
    /// [`CircuitHandle::metrics_only`](crate::CircuitHandle::metrics_only)
    MetricsOnly: CircuitBreaker, "metrics_only";
    /// [`CircuitHandle::reset`](crate::CircuitHandle::reset)
    Reset: CircuitBreaker, "reset";
    /// [`BulkheadHandle::resize`](crate::BulkheadHandle::resize)
    Resize(usize): Bulkhead, "resize";
    /// [`RateLimitHandle::set_rate`](crate::RateLimitHandle::set_rate)
    SetRate(Rate): RateLimit, "set_rate";
    /// [`RateLimitHandle::set_burst`](crate::RateLimitHandle::set_burst)
    SetBurst(u32): RateLimit, "set_burst";
    /// `CacheHandle::clear`, with the feature `moka`
    Clear: Cache, "clear";
    /// [`Health::drain`](crate::Health::drain), or [`ReplicasHandle::drain`](crate::ReplicasHandle::drain)
    Drain: Health | Replicas, "drain";
    /// [`Health::undrain`](crate::Health::undrain), or [`ReplicasHandle::undrain`](crate::ReplicasHandle::undrain)
    Undrain: Health | Replicas, "undrain";
    /// `ChaosHandle::start`, with the feature `chaos`
    Start: Chaos, "start";
    /// `ChaosHandle::halt`, with the feature `chaos`
    Halt: Chaos, "halt";
    /// [`FallbackHandle::always`](crate::FallbackHandle::always)
    Always: Fallback, "always";
    /// [`ReplicasHandle::promote`](crate::ReplicasHandle::promote)
    Promote: Replicas, "promote";
    /// [`ReplicasHandle::eject`](crate::ReplicasHandle::eject)
    Eject: Replicas, "eject";
    /// [`ReplicasHandle::readmit`](crate::ReplicasHandle::readmit)
    Readmit: Replicas, "readmit";
    /// [`Degradation::set`](crate::Degradation::set)
    Set(Cow<'static, str>): Degradation, "set";
    /// [`FallbackHandle::auto`](crate::FallbackHandle::auto), or [`Degradation::auto`](crate::Degradation::auto)
    Auto: Fallback | Degradation, "auto";
    /// [`ReplicasHandle::set_weight`](crate::ReplicasHandle::set_weight)
    SetWeight(u32): Replicas, "set_weight";
}

/// The word, and the value if there is one: `resize to 10`.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        match self {
            Self::Resize(limit) => write!(f, " to {limit}"),
            Self::SetRate(rate) => write!(f, " to {rate}"),
            Self::SetBurst(count) | Self::SetWeight(count) => write!(f, " to {count}"),
            // It may be from elsewhere.
            Self::Set(mode) => write!(f, " to {}", mode.escape_debug()),
            _ => Ok(()),
        }
    }
}
