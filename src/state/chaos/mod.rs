//! Which calls meet which faults, and for how long there are any.
//!
//! Exact: the n-th call of a run draws from the seed and n alone, so calls in one order meet the same faults in every run. Of the last
//! 1,000 calls no more are faulted than the largest share, whatever was drawn.

pub(crate) mod counted;
#[cfg(feature = "chaos")]
mod delay;
#[cfg(feature = "chaos")]
mod draw;
#[cfg(feature = "chaos")]
mod fault_rate;
#[cfg(feature = "chaos")]
mod plan;
#[cfg(feature = "chaos")]
mod replicas;
#[cfg(feature = "chaos")]
mod run;
#[cfg(feature = "chaos")]
mod share;

#[cfg(feature = "chaos")]
pub use self::delay::Delay;
#[cfg(feature = "chaos")]
pub(crate) use self::draw::is_drawn;
#[cfg(feature = "chaos")]
pub use self::fault_rate::FaultRate;
#[cfg(feature = "chaos")]
pub(crate) use self::plan::{Effect, MAX_FAULTS, Plan, Terms, check_together};
#[cfg(feature = "chaos")]
pub(crate) use self::replicas::Replicas;
#[cfg(feature = "chaos")]
pub(crate) use self::run::{Met, Rules, Run, Runs};
