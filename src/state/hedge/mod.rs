//! When a call starts another attempt, when it waits, and which end of an attempt ends it.
//!
//! Exact. A budget, a deadline or the request may still forbid the attempt; the layer asks them, and [stops](Hedging::stop) the hedging
//! of the call if one of them does.

pub(crate) mod counted;
pub(crate) mod latencies;

use self::latencies::Latencies;
use crate::outcome::Outcome;
use crate::time::{Nanos, Now};

/// How a layer finds the delay before a hedge.
#[derive(Debug)]
pub(crate) enum Delay {
    Fixed(Nanos),
    /// Boxed, because a fixed delay needs nothing of it.
    Quantile(Box<Latencies>),
}

impl Delay {
    /// The delay now; `None` while too few latencies are known.
    pub(crate) fn at(&self, now: impl Now) -> Option<Nanos> {
        match self {
            Self::Fixed(delay) => Some(*delay),
            Self::Quantile(latencies) => latencies.delay(now.now()),
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By a result of the service.
    Result(Outcome),
    /// Nothing was sent: a layer below rejected it, or the deadline came first.
    Unsent,
    /// At the deadline of the caller.
    Deadline,
}

impl End {
    /// Whether the result of such an attempt is that of the call: it is no failure, or asking again makes it no better.
    #[inline(always)]
    pub(crate) const fn is_final(self) -> bool {
        matches!(self, Self::Result(Outcome::Success | Outcome::Ignored | Outcome::Failed) | Self::Deadline)
    }

    pub(crate) const fn is_failure(self) -> bool {
        match self {
            Self::Result(outcome) => outcome.is_failure(),
            Self::Unsent | Self::Deadline => true,
        }
    }
}

/// What a call does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It starts another attempt.
    Start,
    /// It waits for the attempts in flight, and until this time.
    WaitUntil(Nanos),
    /// It waits for the attempts in flight.
    Wait,
    /// It returns the last failure.
    Fail,
}

/// The attempts of one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hedging {
    delay: Nanos,
    /// How many more attempts may start.
    left: u32,
    in_flight: u32,
    /// When the next one is due, if one may start.
    due: Nanos,
}

impl Hedging {
    /// A call whose first attempt was sent at `began`, or now. Without a delay it makes no other.
    pub(crate) fn new(max: u32, delay: &Delay, began: Option<Nanos>, now: impl Now) -> Self {
        let delay = if max == 0 { None } else { delay.at(now) };
        match delay {
            Some(delay) => {
                let due = began.unwrap_or_else(|| now.now()).saturating_add(delay);
                Self { delay, left: max, in_flight: 1, due }
            }
            None => Self { delay: Nanos::MAX, left: 0, in_flight: 1, due: Nanos::MAX },
        }
    }

    /// Takes note of an end that is not [final](End::is_final).
    pub(crate) fn end(&mut self, end: End, now: impl Now) {
        self.in_flight -= 1;
        match end {
            End::Result(Outcome::Transient) => self.due = now.now(),
            _ => self.stop(),
        }
    }

    /// What the call does next, once all its attempts in flight were asked.
    pub(crate) fn next(&self, now: impl Now) -> Next {
        match (self.left, self.in_flight) {
            (0, 0) => Next::Fail,
            (0, _) => Next::Wait,
            _ if self.due <= now.now() => Next::Start,
            _ => Next::WaitUntil(self.due),
        }
    }

    /// Takes note that an attempt was started. Returns how many are in flight beside it.
    pub(crate) fn start(&mut self, now: impl Now) -> u32 {
        let others = self.in_flight;
        self.left -= 1;
        self.in_flight += 1;
        self.due = now.now().saturating_add(self.delay);
        others
    }

    /// Starts no other attempt.
    pub(crate) const fn stop(&mut self) {
        self.left = 0;
    }
}
