//! Calls whose responses still stream.
//!
//! Such a call is a success at half of `half_open_for` after it was first polled, also if its head came late. Nothing runs in the
//! background: what comes next counts it before anything else. For a probe that is a call, or the result or the end of another
//! probe. For a call of a closed circuit it is a failure. For both it is their own poll that pends, their own end, or a look at the
//! circuit by a handle.
//!
//! A probe is counted under the lock, with its place. Calls of a closed circuit are many: the moments of theirs are kept on the
//! threads' own lines.

use std::cmp::Reverse;

use crate::outcome::Outcome;
use crate::state::circuit::counted::Ended;
use crate::state::circuit::locked::Locked;
use crate::state::circuit::{Circuit, Entry, Exit, Phase, Transition};
use crate::state::counts::{Counts, Recorded};
use crate::state::moments::{Held, Moments};
use crate::sync::{Ordering, fence};
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

    /// When a call counts as a success if its response still streams.
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

    /// Keeps the moment of a call of a closed circuit whose response is still streaming, if it is not late.
    ///
    /// The entry has [started](Entry::start).
    pub(crate) fn hold_moment(&self, entry: Entry) -> Held {
        let at = self.streams_until(entry);
        if at == Nanos::MAX {
            return Held::FOR_EVER;
        }
        let moments = self.moments.get_or_init(|| Box::new(Moments::new()));
        let held = moments.hold(at);
        // It pairs with the fence in `shift`: a transition takes this moment, or is seen here.
        fence(Ordering::SeqCst);
        if self.is_closed(entry) {
            return held;
        }
        moments.release(held);
        Held::FOR_EVER
    }

    /// Ends a call of a closed circuit whose moment is kept.
    #[inline(never)]
    #[must_use = "nobody hears of a transition that is dropped"]
    pub(crate) fn exit_stream(&self, entry: Entry, held: Held, exit: Exit, clock: impl Now) -> Option<Transition> {
        let now = clock.now();
        let is_current = self.is_closed(entry);
        let transition = self.settle_moments(now);
        // A transition takes moments that have not come, too.
        let is_taken = self.moments.get().is_some_and(|moments| !moments.release(held));
        let is_counted = is_taken && self.streams_until(entry) <= now;
        // What breaks later is a failure all the same.
        let is_over = is_current && is_counted && !self.is_bad(exit, entry, now);
        let ended = if is_over { None } else { self.exit(entry, exit, now) };
        transition.or(ended)
    }

    /// Counts the streaming calls of a closed circuit whose moment has come.
    #[inline(never)]
    pub(super) fn settle_moments(&self, clock: impl Now) -> Option<Transition> {
        let moments = self.moments.get().filter(|moments| !moments.is_empty())?;
        let (word, now) = (self.word(), clock.now());
        let mut entry = Entry::new(word.generation(), 0);
        if !self.is_closed(entry) {
            return None;
        }
        entry.start(now.saturating_sub(self.rules.streaming_grace()));
        let due = moments.take_due(now);
        let streak = if due > 0 { self.count_streak(word, entry, Outcome::Success)? } else { word.streak() };
        let call = Recorded::of(Outcome::Success, self.is_slow(entry, now));
        let generation = word.generation().into();
        let record = |_: &usize| self.window.record(&self.stripes, generation, now, now, call).is_some();
        (0..due).for_each(|_| self.tally(Ended::Success));
        if (0..due).filter(record).count() == 0 {
            return None;
        }
        // All are in before any decides.
        let counts = Counts { consecutive: streak, ..self.window.counts(&self.stripes, generation, now) };
        self.decide(entry, Outcome::Success, counts, now)
    }

    /// How many calls of a closed circuit stream whose moment has not come.
    pub(super) fn streaming(&self) -> u64 {
        self.moments.get().map_or(0, |moments| moments.count() as u64)
    }

    /// Whether the call is of this period, in which all results count.
    fn is_closed(&self, entry: Entry) -> bool {
        let word = self.word();
        matches!(word.phase(), Phase::Closed | Phase::MetricsOnly) && word.generation() == entry.generation()
    }

    /// Whether probes stream that are not yet counted.
    #[inline(always)]
    pub(crate) fn has_streams(&self) -> bool {
        // Acquire pairs with Release in `note_streaming`: who sees that a stream was counted sees what it decided.
        self.streaming_at.load(Ordering::Acquire) < u64::MAX
    }

    /// Counts the streaming calls whose moment has come, if there are any.
    #[must_use = "nobody hears of a transition that is dropped"]
    pub(crate) fn catch_up(&self, clock: impl Now) -> Option<Transition> {
        if !self.has_streams() {
            return self.settle_moments(clock);
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
