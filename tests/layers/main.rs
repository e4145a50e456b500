//! Each layer, line by line of what it means, and the layers on one another.

#[path = "../support/mod.rs"]
mod support;

mod bulkhead;
#[cfg(feature = "moka")]
mod cache;
#[cfg(feature = "chaos")]
mod chaos;
mod circuit_breaker;
mod coalesce;
mod composition;
mod concurrency;
mod criticality;
mod dead_letter;
mod deadline;
mod degradation;
#[cfg(feature = "net")]
mod discover;
mod events;
mod fallback;
mod health;
mod hedge;
mod history;
mod measure;
mod mistakes;
mod objective;
mod own_limits;
mod per_key;
mod rate_limit;
mod registry;
mod replicas;
mod retry;
mod saga;
#[cfg(feature = "serde")]
mod snapshots;
mod spans;
mod standard;
mod test_util;
mod throttle;
mod timeout;
