//! What the end of a call changes.

use crate::outcome::Outcome;
use crate::state::circuit::transitions::Cause;
use crate::state::circuit::word::Word;
use crate::state::circuit::{Circuit, Entry, Exit, Phase, Transition};
use crate::state::counts::{Counts, Recorded};
use crate::sync::Ordering;
use crate::time::{Nanos, Now};

impl Circuit {
    /// Ends a call that was let through.
    ///
    /// A timeout of ours is a failure. Where slow calls are counted, it is one only if the call was in flight for too long.
    // A clock and not a number: a healthy call reads none, and the time window may read it twice.
    #[inline(always)]
    #[must_use = "nobody hears of a transition that is dropped"]
    pub(crate) fn exit(&self, entry: Entry, exit: Exit, clock: impl Now) -> Option<Transition> {
        match exit {
            Exit::Settled(Outcome::Success) => self.record(entry, Outcome::Success, clock),
            Exit::Settled(Outcome::Ignored) => self.give_back(entry),
            Exit::Settled(failure) => self.record_failure(entry, failure, clock),
            Exit::Panicked => self.record_failure(entry, Outcome::Failed, clock),
            Exit::TimedOut => self.record_timeout(entry, clock.now()),
            Exit::Abandoned => self.give_back(entry),
        }
    }

    #[inline(never)]
    fn record_failure(&self, entry: Entry, failure: Outcome, clock: impl Now) -> Option<Transition> {
        self.record(entry, failure, clock)
    }

    #[inline(never)]
    fn record_timeout(&self, entry: Entry, now: Nanos) -> Option<Transition> {
        if self.rules.slow_rate.is_some() && !self.is_slow(entry, now) {
            return self.give_back(entry);
        }
        self.record(entry, Outcome::Failed, now)
    }

    /// Gives the place of a probe back. No transition follows from it.
    #[inline(always)]
    fn give_back(&self, entry: Entry) -> Option<Transition> {
        let word = self.word();
        if word.phase() == Phase::HalfOpen && word.generation() == entry.generation {
            let _locked = self.locked.lock();
            let word = self.word();
            if word.generation() == entry.generation {
                self.publish(word.given_back());
            }
        }
        None
    }

    #[inline(always)]
    fn record(&self, entry: Entry, outcome: Outcome, clock: impl Now) -> Option<Transition> {
        let word = self.current(self.word(), entry)?;
        match word.phase() {
            Phase::Closed | Phase::MetricsOnly => self.record_closed(word, entry, outcome, clock),
            Phase::HalfOpen => self.record_probe(entry, outcome, clock.now()),
            Phase::ForcedClosed | Phase::ForcedOpen | Phase::Open => None,
        }
    }

    #[inline(always)]
    fn record_closed(&self, word: Word, entry: Entry, outcome: Outcome, clock: impl Now) -> Option<Transition> {
        let now = if self.timed { clock.now() } else { Nanos(0) };
        let call = Recorded { outcome, slow: self.is_slow(entry, now) };
        let consecutive = self.count_streak(word, entry, outcome)?;
        let counts = self.window.record(&self.stripes, entry.generation, now, clock, call)?;
        let counts = Counts { consecutive, ..counts };
        let reason = self.rules.trip(&counts)?;
        let cause = Cause { reason, counts, min_open_for: self.rules.min_open_for(outcome) };
        self.trip(entry, cause, if self.timed { now } else { clock.now() })
    }

    /// Counts failures in a row. A success with nothing to reset only reads.
    #[inline(always)]
    fn count_streak(&self, mut word: Word, entry: Entry, outcome: Outcome) -> Option<u32> {
        if self.rules.consecutive.is_none() {
            return Some(0);
        }
        loop {
            let streak = match outcome {
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
