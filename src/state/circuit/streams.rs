//! Probes whose responses still stream.
//!
//! Such a probe is a success at half of `half_open_for` after it was let through, also if its head came late. Nothing runs in the
//! background: what comes next counts it before anything else. That is a call, the result or the end of another probe, its own
//! poll or end, or a look at the circuit by a handle.

use std::cmp::Reverse;

use crate::outcome::Outcome;
use crate::state::circuit::locked::Locked;
use crate::state::circuit::{Circuit, Entry, Phase, Transition};
use crate::state::counts::Recorded;
use crate::sync::Ordering;
use crate::time::{Nanos, Now};

impl Circuit {
    /// Marks a probe whose response is still streaming. Returns when it counts as a success.
    ///
    /// `None` for a call that is no probe, or is late.
    pub(crate) fn mark_streaming(&self, entry: Entry) -> Option<Nanos> {
        if !self.is_probe(entry) {
            return None;
        }
        let mut locked = self.locked.lock();
        self.is_probe(entry).then(|| {
            let at = self.streams_until(entry);
            locked.streaming.push((entry.generation, at));
            self.note_streaming(&locked, entry.generation);
            at
        })
    }

    /// When a probe counts as a success if its response still streams.
    pub(crate) fn streams_until(&self, entry: Entry) -> Nanos {
        entry.started.saturating_add(self.rules.streaming_grace())
    }

    /// Removes the mark of a probe that was to count `at` that moment, after all probes whose moment has come were counted.
    ///
    /// Returns whether its own result is still to be counted, and the transition that the others made.
    #[must_use = "nobody hears of a transition that is dropped"]
    pub(crate) fn unmark(&self, entry: Entry, at: Nanos, now: impl Now) -> (bool, Option<Transition>) {
        let now = now.now();
        let mut locked = self.locked.lock();
        let is_late = self.word().generation() != entry.generation;
        let transition = if is_late { None } else { self.settle_streaming(&mut locked, now) };
        // Probes of one generation and moment are alike: it does not matter which of them is found.
        let found = locked.streaming.iter().position(|&other| other == (entry.generation, at));
        if let Some(found) = found {
            locked.streaming.swap_remove(found);
            self.note_streaming(&locked, self.word().generation());
        }
        (found.is_some(), transition)
    }

    /// Whether probes stream that are not yet counted.
    #[inline(always)]
    pub(crate) fn has_streams(&self) -> bool {
        // Acquire pairs with Release in `note_streaming`: who sees that a stream was counted sees what it decided.
        self.streaming_at.load(Ordering::Acquire) < u64::MAX
    }

    /// Counts the streaming probes whose moment has come, if there are any.
    #[must_use = "nobody hears of a transition that is dropped"]
    pub(crate) fn catch_up(&self, clock: impl Now) -> Option<Transition> {
        if !self.has_streams() {
            return None;
        }
        let mut locked = self.locked.lock();
        self.settle_streaming(&mut locked, clock.now())
    }

    /// Counts the streaming probes whose moment has come; the caller holds the lock.
    pub(super) fn settle_streaming(&self, locked: &mut Locked, now: Nanos) -> Option<Transition> {
        let grace = self.rules.streaming_grace();
        let slow = self.rules.slow_rate.is_some_and(|(_, after)| grace > after);
        let generation = self.word().generation();
        // Sorted so that the next one of this generation comes last, where it can be popped.
        locked.streaming.sort_unstable_by_key(|&(of, at)| (of == generation, Reverse(at)));
        let is_due = |&&(of, at): &&(u64, Nanos)| of == generation && at <= now && at < Nanos::MAX;
        while let Some(at) = locked.streaming.last().filter(is_due).map(|&(_, at)| at) {
            locked.streaming.pop();
            let transition = self.count_probe(locked, Recorded { outcome: Outcome::Success, slow }, at, now);
            if transition.is_some() {
                return transition;
            }
        }
        self.note_streaming(locked, generation);
        None
    }

    /// Notes when the next streaming probe of this generation is to be counted; the caller holds the lock.
    pub(super) fn note_streaming(&self, locked: &Locked, generation: u64) {
        let next = locked.streaming.iter().filter(|(of, _)| *of == generation).map(|(_, at)| at.0).min();
        // Release pairs with Acquire in `has_streams` and `is_streaming_due`.
        self.streaming_at.store(next.unwrap_or(u64::MAX), Ordering::Release);
    }

    pub(super) fn is_streaming_due(&self, now: Nanos) -> bool {
        // Acquire pairs with Release in `note_streaming`.
        let at = self.streaming_at.load(Ordering::Acquire);
        at < u64::MAX && now.0 >= at
    }

    fn is_probe(&self, entry: Entry) -> bool {
        let word = self.word();
        word.phase() == Phase::HalfOpen && word.generation() == entry.generation
    }
}
