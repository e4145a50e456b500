//! Claims about when a call is worth another attempt.

mod delays;
mod hints;
mod stops;

use std::time::Duration;

use super::backoff::rng;
use crate::backoff::{Backoff, Jitter};
use crate::outcome::Outcome;
use crate::state::attempts::Attempts;

const LONGEST_PAUSE: Duration = Duration::from_secs(30);

fn attempts(most: u32, backoff: Backoff) -> Attempts {
    Attempts::new(most, LONGEST_PAUSE.into(), backoff, rng())
}

fn throttled(retry_after: Duration) -> Outcome {
    Outcome::Throttled { retry_after: Some(retry_after) }
}

/// Doubles from a second to a minute, without jitter.
fn plain() -> Backoff {
    Backoff::exponential(Duration::from_secs(1), Duration::from_secs(60)).jitter(Jitter::None)
}
