//! The lab's engine: what it reads, what it draws, and how it plays.

mod asked;
mod extremes;
mod loads;
mod played;
mod playing;
mod policies;
mod traces;
mod upstream;

use std::time::Duration;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
