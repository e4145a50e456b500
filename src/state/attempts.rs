//! Whether a call is worth another attempt, and when.
//!
//! Exact. The budget, the deadline and the request have their own say, elsewhere.

use rand::{RngExt, rngs::SmallRng};

use crate::{backoff::Backoff, outcome::Outcome, sync::Mutex, time::Nanos};

/// Why no attempt follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The outcome asks for none.
    Outcome,
    /// A layer below refused the attempt.
    Rejected,
    /// All attempts have been made.
    MaxAttempts,
    /// The service asked for a longer pause than is made.
    RetryAfter,
    /// There is no copy of the request.
    NoCopy,
    /// `retry_if` said no.
    RetryIf,
    /// The attempt would begin too late.
    Deadline,
    /// The budget is spent.
    Budget,
}

impl Stop {
    /// The reason as the `reason` field of events has it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Rejected => "rejected",
            Self::MaxAttempts => "max_attempts",
            Self::RetryAfter => "retry_after",
            Self::NoCopy => "no_copy",
            Self::RetryIf => "retry_if",
            Self::Deadline => "deadline",
            Self::Budget => "budget",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Attempts {
    most: u32,
    longest_pause: Nanos,
    backoff: Backoff,
    rng: Mutex<SmallRng>,
}

impl Attempts {
    pub(crate) fn new(most: u32, longest_pause: Nanos, backoff: Backoff, rng: SmallRng) -> Self {
        Self { most, longest_pause, backoff, rng: Mutex::new(rng) }
    }

    /// How long to wait after `made` attempts, if the last had this outcome.
    pub(crate) fn delay(&self, made: u32, outcome: Outcome) -> Result<Nanos, Stop> {
        let retry_after = match outcome {
            Outcome::Transient => Nanos(0),
            Outcome::Throttled { retry_after } => retry_after.map_or(Nanos(0), Nanos::from),
            Outcome::Success | Outcome::Failed | Outcome::Ignored => return Err(Stop::Outcome),
        };
        if made >= self.most {
            return Err(Stop::MaxAttempts);
        }
        if retry_after > self.longest_pause {
            return Err(Stop::RetryAfter);
        }
        let backoff = self.backoff.delay(made.saturating_sub(1), |range| self.rng.lock().random_range(range));
        Ok(retry_after.saturating_add(backoff))
    }

    /// Whether one more attempt is the last.
    pub(crate) const fn is_last(&self, made: u32) -> bool {
        made >= self.most.saturating_sub(1)
    }
}
