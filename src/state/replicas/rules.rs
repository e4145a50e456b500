//! By which rules a roster decides.

use crate::time::Nanos;

/// How a replica is chosen for a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// Of two replicas drawn by chance, the one with fewer calls in flight for its weight. The default.
    #[default]
    LeastLoaded,
    /// Each in turn, as often as its weight says.
    RoundRobin,
    /// The first healthy one in order; the others stand by.
    FailOver,
}

impl Policy {
    /// The policy in words: `"least loaded"`, `"round robin"` or `"fail over"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LeastLoaded => "least loaded",
            Self::RoundRobin => "round robin",
            Self::FailOver => "fail over",
        }
    }
}

/// The settings of a roster. All are legal: the builder has checked them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) policy: Policy,
    /// Where calls are placed by their keys: among how many members those of one key are spread, at least 1. Then the policy counts
    /// for nothing.
    pub(crate) shards: Option<usize>,
    /// So many failures in a row eject; at least 1.
    pub(crate) consecutive: Option<u32>,
    /// The time out of a first ejection.
    pub(crate) base: Nanos,
    /// The largest share of the members that results may eject, 0 to 1.
    pub(crate) max_ejected: f64,
    /// How far a success rate must be below the mean to eject, in 0 to 1; above 1 none does.
    pub(crate) min_gap: f64,
    /// The share of healthy members below which health is ignored, 0 to 1; 0 switches it off.
    pub(crate) panic_below: f64,
    /// For how long the share of one that returns or comes grows; zero switches it off.
    pub(crate) slow_start: Nanos,
    /// For how long an earlier one must have been healthy to take over again.
    pub(crate) healthy_for: Nanos,
    /// How many healthy members are needed, and how many more are to stand by.
    pub(crate) needed: usize,
    pub(crate) spares: usize,
    /// Whether a member does something before it takes the calls of another: then no call is sent there to find out how it is.
    pub(crate) takes_over: bool,
}

impl Rules {
    pub(crate) const DEFAULT: Self = Self {
        policy: Policy::LeastLoaded,
        shards: None,
        consecutive: Some(5),
        base: Nanos(30 * SECOND),
        max_ejected: 0.5,
        min_gap: 0.05,
        panic_below: 0.5,
        slow_start: Nanos(0),
        healthy_for: Nanos(30 * SECOND),
        needed: 0,
        spares: 0,
        takes_over: false,
    };
}

pub(super) const SECOND: u64 = 1_000_000_000;

/// The longest time out, before its jitter.
pub(super) const LONGEST_OUT: Nanos = Nanos(300 * SECOND);

/// After so long a trial without an end gives up its place.
pub(super) const TRIAL_FOR: Nanos = Nanos(10 * SECOND);

/// The most members there may be.
pub(crate) const MAX_MEMBERS: usize = 1_000;
