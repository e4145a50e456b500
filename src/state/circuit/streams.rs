//! Probes whose responses still stream.
//!
//! Such a probe is a success at half of `half_open_for` after it was first polled, also if its head came late. Nothing runs in the
//! background: what comes next counts it before anything else. That is a call, the result or the end of another probe, its own
//! poll or end, or a look at the circuit by a handle.

use std::cmp::Reverse;

use crate::outcome::Outcome;
use crate::state::circuit::locked::Locked;
use crate::state::circuit::{Circuit, Entry, Phase, Transition};
use crate::sync::Ordering;
use crate::time::{Nanos, Now};

impl Circuit {
    /// Marks a probe whose response is still streaming. Returns whether it did: not if the call is no probe, or is late.
    ///
    /// The entry has [started](Entry::start).
    pub(crate) fn mark_streaming(&self, entry: Entry) -> bool {
        let mut locked = self.locked.lock();
        let is_probe = self.is_probe(entry);
        if is_probe {
            locked.streaming.push(entry);
            self.note_streaming(&locked, entry.generation());
        }
        is_probe
    }

    /// When a probe counts as a success if its response still streams.
    pub(crate) fn streams_until(&self, entry: Entry) -> Nanos {
        entry.started().saturating_add(self.rules.streaming_grace())
    }

    /// Removes the mark of a probe, after all probes whose moment has come were counted.
    ///
    /// Returns whether its own result is still to be counted, and the transition that the others made.
    #[must_use = "nobody hears of a transition that is dropped"]
    pub(crate) fn unmark(&self, entry: Entry, now: impl Now) -> (bool, Option<Transition>) {
        let now = now.now();
        let mut locked = self.locked.lock();
        let is_late = self.word().generation() != entry.generation();
        let transition = if is_late { None } else { self.settle_streaming(&mut locked, now) };
        // Equal probes are alike: it does not matter which of them is found.
        let found = locked.streaming.iter().position(|&other| other == entry);
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
        let generation = self.word().generation();
        // Sorted so that the next one of this generation comes last, where it can be popped.
        locked.streaming.sort_unstable_by_key(|probe| {
            (probe.generation() == generation, Reverse((probe.started(), probe.round())))
        });
        while let Some(&probe) = locked.streaming.last().filter(|probe| probe.generation() == generation) {
            let at = self.streams_until(probe);
            if at > now || at == Nanos::MAX {
                break;
            }
            locked.streaming.pop();
            let transition = self.count_probe(locked, probe, Outcome::Success, at, now);
            if transition.is_some() {
                return transition;
            }
        }
        self.note_streaming(locked, generation);
        None
    }

    /// Notes when the next streaming probe of this generation is to be counted; the caller holds the lock.
    pub(super) fn note_streaming(&self, locked: &Locked, generation: u32) {
        let probes = locked.streaming.iter().filter(|probe| probe.generation() == generation);
        let next = probes.map(|probe| self.streams_until(*probe).0).min();
        // Release pairs with Acquire in `has_streams` and `is_streaming_due`.
        self.streaming_at.store(next.unwrap_or(u64::MAX), Ordering::Release);
    }

    pub(super) fn is_streaming_due(&self, now: Nanos) -> bool {
        // Acquire pairs with Release in `note_streaming`.
        let at = self.streaming_at.load(Ordering::Acquire);
        at < u64::MAX && now.0 >= at
    }

    pub(crate) fn is_probe(&self, entry: Entry) -> bool {
        let word = self.word();
        word.phase() == Phase::HalfOpen && word.generation() == entry.generation()
    }
}
