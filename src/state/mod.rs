//! Decisions: pure, synchronous, and told the time.
//!
//! Nothing here knows of futures, clocks, services or events. What a decision changed comes back as a value.

pub(crate) mod adaptive;
pub(crate) mod attempts;
pub(crate) mod bucket;
pub(crate) mod budget;
pub(crate) mod cache;
pub(crate) mod calls;
pub(crate) mod chaos;
pub(crate) mod circuit;
pub(crate) mod counts;
pub(crate) mod criticality;
pub(crate) mod degradation;
pub(crate) mod draws;
pub(crate) mod every;
pub(crate) mod flights;
pub(crate) mod hedge;
pub(crate) mod histogram;
pub(crate) mod history;
pub(crate) mod keys;
pub(crate) mod letters;
pub(crate) mod moments;
pub(crate) mod objective;
pub(crate) mod per_thread;
pub(crate) mod permits;
pub(crate) mod phi;
pub(crate) mod rate;
pub(crate) mod rehearsals;
pub(crate) mod replicas;
pub(crate) mod saga;
pub(crate) mod stripes;
pub(crate) mod tally;
pub(crate) mod throttle;
pub(crate) mod verdict;
pub(crate) mod window;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;
