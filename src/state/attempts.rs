//! Whether a call is worth another attempt, and when.
//!
//! Exact. A budget, a deadline or the request may still forbid the attempt; the retry asks them.

use rand::RngExt;
use rand::rngs::SmallRng;

use crate::backoff::Backoff;
use crate::outcome::Outcome;
use crate::sync::Mutex;
use crate::time::Nanos;

/// Why no attempt follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The outcome is not worth another attempt.
    Outcome,
    /// A layer below rejected the attempt.
    Rejected,
    /// All attempts have been made.
    MaxAttempts,
    /// The service asked for a longer pause than is allowed.
    RetryAfter,
    /// There is no copy of the request.
    NoCopy,
    /// `retry_if` said no.
    RetryIf,
    /// The attempt would begin too late.
    Deadline,
    /// The budget is spent.
    Budget,
    /// An objective burns its own budget too fast.
    BudgetGate,
}

impl Stop {
    /// Those of calls that failed, which are told.
    pub(crate) const TOLD: [Self; 8] = [
        Self::Rejected,
        Self::MaxAttempts,
        Self::RetryAfter,
        Self::NoCopy,
        Self::RetryIf,
        Self::Deadline,
        Self::Budget,
        Self::BudgetGate,
    ];

    /// The word of a [`Tally`](super::tally::Tally) that counts such stops.
    pub(crate) const fn word(self) -> usize {
        FIRST_STOP - 1 + self as usize
    }

    /// The reason as events show it.
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
            Self::BudgetGate => "budget_gate",
        }
    }
}

/// How a call ended, as it is counted: each at its own word of a [`Tally`](super::tally::Tally).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The first attempt did not fail.
    First,
    /// A later attempt did not fail.
    Retried,
    /// The first attempt failed, and was the only one.
    FailedFirst,
    /// The last attempt failed, and was not the first.
    FailedRetried,
    /// The call was dropped.
    Abandoned,
}

impl Ended {
    pub(crate) const ALL: [Self; 5] =
        [Self::First, Self::Retried, Self::FailedFirst, Self::FailedRetried, Self::Abandoned];

    #[inline(always)]
    pub(crate) const fn of(attempts: u32, is_failure: bool) -> Self {
        match (is_failure, attempts > 1) {
            (false, false) => Self::First,
            (false, true) => Self::Retried,
            (true, false) => Self::FailedFirst,
            (true, true) => Self::FailedRetried,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Retried => "retried",
            Self::FailedFirst => "failed_first",
            Self::FailedRetried => "failed_retried",
            Self::Abandoned => "abandoned",
        }
    }
}

/// The word that counts the attempts after the first of each call.
pub(crate) const RETRIES: usize = Ended::ALL.len();

/// The word of the first of [`Stop::TOLD`].
pub(crate) const FIRST_STOP: usize = RETRIES + 1;

/// The limits of attempts, and the backoff between them.
#[derive(Debug)]
pub(crate) struct Attempts {
    max: u32,
    longest_pause: Nanos,
    backoff: Backoff,
    rng: Mutex<SmallRng>,
}

impl Attempts {
    pub(crate) fn new(max: u32, longest_pause: Nanos, backoff: Backoff, rng: SmallRng) -> Self {
        Self { max, longest_pause, backoff, rng: Mutex::new(rng) }
    }

    /// Returns how long to wait when `made` attempts were made and the last had this outcome.
    pub(crate) fn delay(&self, made: u32, outcome: Outcome) -> Result<Nanos, Stop> {
        let retry_after = match outcome {
            Outcome::Transient => Nanos(0),
            Outcome::Throttled { retry_after } => retry_after.map_or(Nanos(0), Nanos::from),
            Outcome::Success | Outcome::Failed | Outcome::Ignored => return Err(Stop::Outcome),
        };
        if made >= self.max {
            return Err(Stop::MaxAttempts);
        }
        if retry_after > self.longest_pause {
            return Err(Stop::RetryAfter);
        }
        let backoff = self.backoff.delay(made.saturating_sub(1), |range| self.rng.lock().random_range(range));
        Ok(retry_after.saturating_add(backoff))
    }

    pub(crate) const fn max(&self) -> u32 {
        self.max
    }

    pub(crate) const fn longest_pause(&self) -> Nanos {
        self.longest_pause
    }

    pub(crate) const fn backoff(&self) -> Backoff {
        self.backoff
    }

    /// Whether the attempt after `made` others is the last.
    pub(crate) const fn is_last(&self, made: u32) -> bool {
        made >= self.max.saturating_sub(1)
    }
}
