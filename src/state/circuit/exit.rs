//! What the end of a call changes.

use crate::outcome::Outcome;
use crate::state::circuit::counted::Ended;
use crate::state::circuit::transitions::Cause;
use crate::state::circuit::word::Word;
use crate::state::circuit::{Circuit, Entry, Exit, Phase, Transition};
use crate::state::counts::{Counts, Recorded};
use crate::sync::Ordering;
use crate::time::{Nanos, Now};

impl Circuit {
    /// Ends a call that was let through.
    // A clock and not a number: a healthy call reads none, and the time window may read it twice.
    #[inline(always)]
    #[must_use = "nobody hears of a transition that is dropped"]
    pub(crate) fn exit(&self, entry: Entry, exit: Exit, clock: impl Now) -> Option<Transition> {
        match exit {
            Exit::Settled(Outcome::Success) | Exit::Repeated(Outcome::Success) => {
                self.record(entry, Outcome::Success, false, clock)
            }
            Exit::Settled(Outcome::Ignored) | Exit::Repeated(Outcome::Ignored) | Exit::Unsent => {
                self.release(entry, exit, clock)
            }
            Exit::Settled(failure) => self.record_failure(entry, failure, false, clock),
            Exit::Repeated(failure) => self.record_failure(entry, failure, true, clock),
            Exit::TimedOut { limit, is_repeat } => self.record_timeout(entry, limit, is_repeat, clock.now()),
            Exit::Abandoned => self.leave(entry, clock),
        }
    }

    #[inline(never)]
    fn record_failure(&self, entry: Entry, failure: Outcome, is_repeat: bool, clock: impl Now) -> Option<Transition> {
        self.record(entry, failure, is_repeat, clock)
    }

    #[inline(never)]
    fn record_timeout(&self, entry: Entry, limit: Nanos, is_repeat: bool, now: Nanos) -> Option<Transition> {
        if self.is_failed_by(limit, entry, now) {
            self.record(entry, Outcome::Failed, is_repeat, now)
        } else {
            self.leave(entry, now)
        }
    }

    /// A timeout of ours is a failure if the service had at least half of its time. Where slow calls are counted, the service must have
    /// taken too long, too.
    fn is_failed_by(&self, limit: Nanos, entry: Entry, now: Nanos) -> bool {
        let in_flight = entry.in_flight(now);
        let had_time = in_flight >= limit.saturating_sub(in_flight);
        had_time && (self.rules.slow_rate.is_none() || self.is_slow(entry, now))
    }

    /// Whether the end of a call is a failure or asks for less.
    pub(super) fn is_bad(&self, exit: Exit, entry: Entry, now: Nanos) -> bool {
        match exit {
            Exit::Settled(outcome) | Exit::Repeated(outcome) => !matches!(outcome, Outcome::Success | Outcome::Ignored),
            Exit::TimedOut { limit, .. } => self.is_failed_by(limit, entry, now),
            Exit::Abandoned | Exit::Unsent => false,
        }
    }

    /// Ends a call that was dropped: a closed circuit counts it if it was slow.
    #[inline(never)]
    fn leave(&self, entry: Entry, clock: impl Now) -> Option<Transition> {
        let word = self.word();
        let may_be_slow = word.phase() != Phase::HalfOpen && word.generation() == entry.generation();
        if may_be_slow && self.rules.slow_rate.is_some() && self.is_slow(entry, clock.now()) {
            return self.record(entry, Outcome::Ignored, false, clock);
        }
        self.release(entry, Exit::Abandoned, clock)
    }

    /// Ends a call that counts nothing. If it is a probe, its place is free again.
    #[inline(always)]
    fn release(&self, entry: Entry, exit: Exit, clock: impl Now) -> Option<Transition> {
        match exit {
            Exit::Settled(_) | Exit::Repeated(_) => self.tally(Ended::Ignored),
            Exit::TimedOut { .. } | Exit::Abandoned => self.tally(Ended::Abandoned),
            Exit::Unsent => {}
        }
        let word = self.word();
        let is_probe = word.phase() == Phase::HalfOpen && word.generation() == entry.generation();
        if is_probe { self.release_probe(entry, exit, clock.now()) } else { None }
    }

    #[inline(always)]
    fn record(&self, entry: Entry, outcome: Outcome, is_repeat: bool, clock: impl Now) -> Option<Transition> {
        let word = self.current(self.word(), entry)?;
        match word.phase() {
            Phase::Closed | Phase::MetricsOnly => self.record_closed(word, entry, outcome, is_repeat, clock),
            Phase::HalfOpen => self.record_probe(entry, outcome, clock.now()),
            Phase::ForcedClosed | Phase::ForcedOpen | Phase::Open => {
                self.tally(Ended::of(outcome));
                None
            }
        }
    }

    /// Counts a result, and before one that is no success the calls that stream well. An outcome of `Ignored` is that of a slow call
    /// whose caller left.
    #[inline(always)]
    fn record_closed(
        &self,
        word: Word,
        entry: Entry,
        outcome: Outcome,
        is_repeat: bool,
        clock: impl Now,
    ) -> Option<Transition> {
        if outcome != Outcome::Success {
            if let Some(transition) = self.settle_moments(clock) {
                // The transition above made this result late, and this counts it as such.
                self.current(self.word(), entry);
                return Some(transition);
            }
        }
        let now = if self.timed { clock.now() } else { Nanos(0) };
        let call = Recorded::of(outcome, self.is_slow(entry, now));
        let consecutive = self.count_streak(word, entry, outcome)?;
        self.tally(Ended::of(outcome));
        // A call has one vote in the rates: its failed attempts after the first have none.
        let counts = if is_repeat {
            self.window.counts(&self.stripes, entry.generation().into(), clock.now())
        } else {
            self.window.record(&self.stripes, entry.generation().into(), now, clock, call)?
        };
        let counts = Counts { consecutive, ..counts };
        self.decide(entry, outcome, counts, if self.timed { now } else { clock.now() })
    }

    /// Opens the circuit if these counts say so.
    #[inline(never)]
    pub(super) fn decide(&self, entry: Entry, outcome: Outcome, counts: Counts, now: Nanos) -> Option<Transition> {
        self.rules.trip(&counts, 0)?;
        let trip = self.rules.trip(&counts, self.streaming())?;
        let cause = Cause { reason: trip.reason, counts, min_open_for: self.rules.min_open_for(trip, outcome) };
        self.trip(entry, cause, now)
    }

    /// Counts failures in a row. A success with nothing to reset only reads.
    #[inline(always)]
    pub(super) fn count_streak(&self, word: Word, entry: Entry, outcome: Outcome) -> Option<u32> {
        if word.streak() == 0 && outcome == Outcome::Success {
            return Some(0);
        }
        self.change_streak(word, entry, outcome)
    }

    #[inline(always)]
    fn change_streak(&self, mut word: Word, entry: Entry, outcome: Outcome) -> Option<u32> {
        loop {
            let streak = match outcome {
                _ if self.rules.consecutive.is_none() => 0,
                Outcome::Success => 0,
                Outcome::Transient | Outcome::Failed => word.streak().saturating_add(1),
                Outcome::Throttled { .. } | Outcome::Ignored => word.streak(),
            };
            if streak == word.streak() {
                return Some(streak);
            }
            let (new, relaxed) = (word.with_streak(streak), Ordering::Relaxed);
            match self.word.compare_exchange_weak(word.0, new.0, relaxed, relaxed) {
                Ok(_) => return Some(streak),
                Err(seen) => word = self.current(Word(seen), entry)?,
            }
        }
    }
}
