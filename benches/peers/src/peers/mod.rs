//! The others: each with the set-up that its own documentation recommends for the same semantics.

pub mod by_hand;
pub mod failsafe;
pub mod governor;
pub mod recloser;
pub mod seatbelt;
pub mod tower;
pub mod tower_resilience;

use std::time::Duration;

use ::tower::{Service, ServiceExt};
use tokio::runtime::Handle;

use crate::inner::LAST;

/// A circuit that opened stays so for the whole run.
pub const OPEN_FOR: Duration = Duration::from_hours(1);
pub const WINDOW: Duration = Duration::from_secs(30);
pub const LIMIT: Duration = Duration::from_secs(1);
pub const TOTAL_LIMIT: Duration = Duration::from_secs(3);
/// The share of the calls that a hedge waits for, as ours does by default.
pub const QUANTILE: f32 = 0.95;
pub const PLACES: usize = 64;
pub const BURST: u32 = 1_000_000_000;
pub const ATTEMPTS: u32 = 3;

/// Fails as many calls as the service's breaker needs to open. A runtime must be current, and not running.
pub fn open<S: Service<u64> + Clone>(service: S, failures: u32) -> S {
    for _ in 0..failures {
        let result = Handle::current().block_on(service.clone().oneshot(LAST));
        assert!(result.is_err(), "the request that fails was answered");
    }
    service
}
