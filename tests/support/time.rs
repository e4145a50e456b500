//! Times, and the paused clock.

use std::time::Duration;

use palisade::{Elapsed, Error};

pub const NANO: Duration = Duration::from_nanos(1);
pub const MILLI: Duration = Duration::from_millis(1);
pub const SECOND: Duration = Duration::from_secs(1);
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);
pub const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A nanosecond less.
pub fn just_before(duration: Duration) -> Duration {
    duration.saturating_sub(NANO)
}

/// The timeout that ended a call.
pub fn elapsed<T>(result: Result<T, Error>) -> Elapsed {
    match result {
        Err(Error::TimedOut(elapsed)) => elapsed,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was answered"),
    }
}
