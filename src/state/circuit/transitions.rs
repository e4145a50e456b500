//! The transitions of a circuit, under its lock.

use rand::RngExt;

use crate::state::circuit::locked::Locked;
use crate::state::circuit::word::Word;
use crate::state::circuit::{Circuit, Entry, Phase, Reason, Steer, Transition};
use crate::state::counts::Counts;
use crate::sync::{Ordering, fence};
use crate::time::{Nanos, Now};

/// Why the phase changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause {
    pub(super) reason: Reason,
    /// The counts that decided.
    pub(super) counts: Counts,
    /// How long the circuit is open at least, if it opens.
    pub(super) min_open_for: Nanos,
}

impl Cause {
    pub(super) const fn new(reason: Reason, counts: Counts) -> Self {
        Self { reason, counts, min_open_for: Nanos(0) }
    }

    /// A cause for which nothing was counted.
    pub(super) const fn plain(reason: Reason) -> Self {
        Self::new(reason, Counts::NONE)
    }
}

impl Circuit {
    /// Changes the phase by hand.
    #[must_use = "nobody hears of a transition that is dropped"]
    pub(crate) fn steer(&self, steer: Steer, now: impl Now) -> Option<Transition> {
        let now = now.now();
        let mut locked = self.locked.lock();
        let word = self.word();
        let to = match steer {
            Steer::Force(phase) if phase == word.phase() => return None,
            Steer::Force(phase) => phase,
            Steer::Reset => Phase::Closed,
        };
        let counts = self.counts(word, &locked, now);
        let transition = self.shift(&mut locked, word, to, Cause::new(Reason::ByHand, counts), now);
        (transition.from != transition.to).then_some(transition)
    }

    #[inline(never)]
    pub(super) fn trip(&self, entry: Entry, cause: Cause, now: Nanos) -> Option<Transition> {
        let mut locked = self.locked.lock();
        let word = self.word();
        // Of several results that trip together, the first to come here is the transition.
        let first = word.generation() == entry.generation();
        first.then(|| self.turn(&mut locked, word, cause, now))
    }

    /// Goes where the diagram leads; the caller holds the lock.
    pub(super) fn turn(&self, locked: &mut Locked, word: Word, cause: Cause, now: Nanos) -> Transition {
        self.shift(locked, word, word.phase().after(cause.reason), cause, now)
    }

    /// Begins a new generation in the phase `to`; the caller holds the lock.
    fn shift(&self, locked: &mut Locked, word: Word, to: Phase, cause: Cause, now: Nanos) -> Transition {
        let open_for =
            (to == Phase::Open).then(|| self.next_open_for(locked, word.phase(), now).max(cause.min_open_for));
        if let Some(open_for) = open_for {
            locked.last_open_for = open_for;
        }
        if cause.reason == Reason::ByHand {
            locked.last_open_for = Nanos(0);
        }
        self.begin(locked, word.next(to), cause, open_for, now)
    }

    /// Begins the generation of the word `next`, which is open for so long if it is open; the caller holds the lock.
    pub(super) fn begin(
        &self,
        locked: &mut Locked,
        next: Word,
        cause: Cause,
        open_for: Option<Nanos>,
        now: Nanos,
    ) -> Transition {
        let (from, to) = (self.word().phase(), next.phase());
        let Cause { reason, counts, .. } = cause;
        if let Some(open_for) = open_for {
            // Release pairs with Acquire in `open_until`: who reads this time sees that an earlier open time is past.
            self.open_until.store(now.saturating_add(open_for).0, Ordering::Release);
        }
        if from != to {
            locked.since = now;
        }
        if to == Phase::HalfOpen {
            self.progress(locked, now);
        }
        locked.probes = Counts::NONE;
        self.publish(next);
        // It pairs with the fence in `hold_moment`.
        fence(Ordering::SeqCst);
        if let Some(moments) = self.moments.get() {
            moments.clear();
        }
        // After the word: a reader that finds no stream due must not refuse a call by a phase in which one was due.
        self.note_streaming(locked, next.generation());
        self.tally_step((from, to, reason));
        locked.transitions += 1;
        Transition { from, to, reason, counts, open_for, at: now, number: locked.transitions }
    }

    /// Takes the next step of the backoff if the circuit did not recover, or was closed for less than it was last open; else the
    /// first. The caller holds the lock.
    fn next_open_for(&self, locked: &mut Locked, from: Phase, now: Nanos) -> Nanos {
        let is_back = from == Phase::HalfOpen || now.saturating_sub(locked.since) < locked.last_open_for;
        locked.step = if is_back { locked.step.saturating_add(1) } else { 0 };
        self.rules.open_for.delay(locked.step, |range| locked.rng.random_range(range))
    }

    /// Publishes the word; the caller holds the lock.
    pub(super) fn publish(&self, word: Word) {
        // Release pairs with Acquire in `word`. Why it is a swap, `word.rs` says.
        self.word.swap(word.0, Ordering::Release);
    }
}
