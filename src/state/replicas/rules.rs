//! By which rules a roster decides.

use crate::time::Nanos;

/// How a replica is chosen for a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// Of two replicas drawn by chance, the one that is less loaded. The default.
    ///
    /// The load is the number of calls in flight, with this one, divided by the weight: the power of two choices (Mitzenmacher, 1996).
    /// With the same load, the first one drawn takes the call. Where calls are few nearly all loads are the same, and say nothing of a
    /// replica that is slow. So where one of the two takes at least twice as long to respond as the other, the loads are multiplied by how
    /// long each takes: in a queue with one server (M/M/1), that is what one more call adds to the time of all calls. A slow replica gets
    /// no calls while those that are faster have few.
    ///
    /// How long a replica takes is measured on one call of sixteen, from the first time that it was waited for until its response begins,
    /// without the body. A response that is there at once is not measured. A time moves the estimate an eighth of the way, as ratios go, so
    /// one call that takes a hundred times as long changes nothing. A failure counts as a call that takes eight times as long as the
    /// estimate. An estimate that is not renewed for 5 to 10 seconds counts for nothing until the next call is measured, and so it is with
    /// a new replica: then the calls in flight decide alone. So a slow replica is asked again about every ten seconds, and one that
    /// has recovered has its share again.
    ///
    /// The share of the calls that a replica got in 10 seconds that takes 100 ms, where four others take 10 ms, in one run of `benches/peers`
    /// with `--balance`; tower's balancer counts pending requests, or multiplies them by a peak of the times (peak EWMA):
    ///
    /// | calls | ours | tower, pending | tower, peak EWMA |
    /// |---|---|---|---|
    /// | 100 a second | 0.20 % | 8.89 % | 1.10 % |
    /// | 1,000 a second | 0.04 % | 4.26 % | 0.32 % |
    /// | 4,000 a second | 0.32 % | 3.56 % | 0.59 % |
    /// | of 8 callers, one after another | 0.04 % | 4.58 % | 0.48 % |
    /// | of 64 callers, one after another | 0.27 % | 3.00 % | 0.41 % |
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
