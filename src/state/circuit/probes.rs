//! What the probes of a half-open circuit do, under its lock.
//!
//! A probe whose answer began well and still streams after half of what makes it hang is a success at that moment. As nothing
//! runs in the background, it is counted by whoever calls or looks then or later, before anything else.

use std::cmp::Reverse;

use crate::{
    state::{
        circuit::{
            Circuit, Entry, Phase, Reason, Refused, Transition,
            locked::{Cause, Cold},
            rules::Trial,
        },
        counts::{Recorded, Verdict},
    },
    sync::Ordering,
    time::Nanos,
};

impl Circuit {
    /// Lets a call into a half-open circuit, or refuses it; the caller holds the lock.
    pub(super) fn enter_half_open(&self, cold: &mut Cold, now: Nanos) -> (Result<Entry, Refused>, Option<Transition>) {
        if let Some(transition) = self.settle_streaming(cold, now) {
            let entered = match transition.to {
                Phase::Open => Err(Refused::Open { left: self.open_until().saturating_sub(now) }),
                _ => Ok(self.entry(self.word(), || now)),
            };
            return (entered, Some(transition));
        }
        let word = self.word();
        if self.is_hung(word, now) {
            let transition = self.turn(cold, word, Cause::new(Reason::Hung, cold.probes), now);
            return (Err(Refused::Open { left: self.open_until().saturating_sub(now) }), Some(transition));
        }
        if word.places() >= self.rules.probes {
            return (Err(Refused::ProbesTaken), None);
        }
        (Ok(self.take_place(now)), None)
    }

    /// Takes a place among the probes; the caller holds the lock.
    pub(super) fn take_place(&self, now: Nanos) -> Entry {
        let word = self.word().taken();
        self.progress(now);
        self.publish(word);
        Entry { generation: word.generation(), started: now }
    }

    #[inline(never)]
    pub(super) fn record_probe(&self, entry: Entry, verdict: Verdict, now: Nanos) -> Option<Transition> {
        let mut cold = self.cold.lock();
        self.current(self.word(), entry)?;
        if let Some(transition) = self.settle_streaming(&mut cold, now) {
            // With which this result has become late.
            self.current(self.word(), entry);
            return Some(transition);
        }
        self.count_probe(&mut cold, Recorded { verdict, slow: self.is_slow(entry, now) }, now, now)
    }

    /// Says of a probe that its answer began well and streams.
    ///
    /// Tells when it counts as a success if it still does.
    #[cfg(feature = "http")]
    pub(crate) fn vouch(&self, entry: Entry) -> Option<Nanos> {
        let is_probe = || {
            let word = self.word();
            word.phase() == Phase::HalfOpen && word.generation() == entry.generation
        };
        if !is_probe() {
            return None;
        }
        let mut cold = self.cold.lock();
        is_probe().then(|| {
            let at = entry.started.saturating_add(self.rules.half_of_hanging());
            cold.streaming.push((entry.generation, at));
            self.note_streaming(&cold, entry.generation);
            at
        })
    }

    /// Whether probes stream that are not yet counted.
    #[inline(always)]
    pub(crate) fn has_streams(&self) -> bool {
        // Acquire pairs with Release in `note_streaming`: who sees that a stream was counted sees what it decided.
        self.streaming_at.load(Ordering::Acquire) < u64::MAX
    }

    /// Counts the probes that have streamed for long enough, where there are any.
    pub(crate) fn catch_up(&self, now: impl FnOnce() -> Nanos) -> Option<Transition> {
        if !self.has_streams() {
            return None;
        }
        let mut cold = self.cold.lock();
        self.settle_streaming(&mut cold, now())
    }

    /// Takes back what was said of a probe that was to count `at` that moment.
    ///
    /// Tells whether its result is still to be counted.
    #[cfg(feature = "http")]
    pub(crate) fn withdraw(&self, entry: Entry, at: Nanos, now: Nanos) -> (bool, Option<Transition>) {
        let mut cold = self.cold.lock();
        let is_late = self.word().generation() != entry.generation;
        let transition = if is_late { None } else { self.settle_streaming(&mut cold, now) };
        // Those of one moment are alike: it does not matter which of them is found.
        let found = cold.streaming.iter().position(|&other| other == (entry.generation, at));
        if let Some(found) = found {
            cold.streaming.swap_remove(found);
            self.note_streaming(&cold, self.word().generation());
        }
        (found.is_some(), transition)
    }

    /// Counts the probes that have streamed for long enough; the caller holds the lock.
    fn settle_streaming(&self, cold: &mut Cold, now: Nanos) -> Option<Transition> {
        let half = self.rules.half_of_hanging();
        let slow = self.rules.slow_rate.is_some_and(|(_, after)| half > after);
        let generation = self.word().generation();
        // The next of this generation comes last.
        cold.streaming.sort_unstable_by_key(|&(of, at)| (of == generation, Reverse(at)));
        let is_due = |&&(of, at): &&(u64, Nanos)| of == generation && at <= now && at < Nanos::MAX;
        while let Some(at) = cold.streaming.last().filter(is_due).map(|&(_, at)| at) {
            cold.streaming.pop();
            let transition = self.count_probe(cold, Recorded { verdict: Verdict::Success, slow }, at, now);
            if transition.is_some() {
                return transition;
            }
        }
        self.note_streaming(cold, generation);
        None
    }

    /// Counts a result of `at`, and goes where it leads; the caller holds the lock.
    fn count_probe(&self, cold: &mut Cold, call: Recorded, at: Nanos, now: Nanos) -> Option<Transition> {
        cold.probes = cold.probes.and(call);
        let counts = cold.probes;
        let reason = match self.rules.judge(&counts) {
            Trial::Passed => Reason::Recovered,
            Trial::Failed(reason) => reason,
            Trial::Undecided => {
                self.progress(at);
                self.publish(self.word().counted());
                return None;
            }
        };
        let cause = Cause { reason, counts, least_open: self.rules.heed(call.verdict) };
        Some(self.turn(cold, self.word(), cause, now))
    }

    /// Notes that the probes were moving then; the caller holds the lock.
    fn progress(&self, at: Nanos) {
        // Release pairs with Acquire in `is_hung`. What is counted late does not take back what came after it.
        self.hung_at.fetch_max(at.saturating_add(self.rules.half_open_for).0, Ordering::Release);
    }

    /// Notes when the next streaming probe of this generation is to be counted; the caller holds the lock.
    pub(super) fn note_streaming(&self, cold: &Cold, generation: u64) {
        let next = cold.streaming.iter().filter(|(of, _)| *of == generation).map(|(_, at)| at.0).min();
        // Release pairs with Acquire in `is_streaming_due`.
        self.streaming_at.store(next.unwrap_or(u64::MAX), Ordering::Release);
    }
}
