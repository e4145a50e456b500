//! What a circuit does under its lock: transitions.

use rand::{RngExt, SeedableRng, rngs::SmallRng};

use crate::{
    state::{
        circuit::{Circuit, Entry, Phase, Reason, Refused, Transition, word::Word},
        counts::Counts,
    },
    sync::Ordering,
    time::Nanos,
};

/// What only those who hold the lock look at.
#[derive(Debug)]
pub(super) struct Cold {
    /// When the phase began.
    pub(super) since: Nanos,
    /// How many times in a row the circuit has opened.
    step: u32,
    /// The results of the probes.
    pub(super) probes: Counts,
    /// The probes whose answers began well and stream, until they are counted or withdrawn: of which generation, and when they
    /// count as successes. Those of an earlier one are left for who withdraws them, and so is told that they were not counted.
    pub(super) streaming: Vec<(u64, Nanos)>,
    rng: SmallRng,
}

/// Why the phase changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause {
    pub(super) reason: Reason,
    /// The counts that decided.
    pub(super) counts: Counts,
    /// How long the circuit is open at least, if it opens.
    pub(super) least_open: Nanos,
}

impl Cause {
    pub(super) const fn new(reason: Reason, counts: Counts) -> Self {
        Self { reason, counts, least_open: Nanos(0) }
    }
}

impl Cold {
    pub(super) const fn new(rng: SmallRng) -> Self {
        Self { since: Nanos(0), step: 0, probes: Counts::NONE, streaming: Vec::new(), rng }
    }
}

impl Circuit {
    /// Another with the same settings, closed at `now`; its jitter is its own.
    pub(crate) fn another(&self, now: Nanos) -> Self {
        let rng = self.cold.lock().rng.fork();
        let another = Self::new(self.rules, self.window.another(), rng);
        another.cold.lock().since = now;
        another
    }

    /// Sets the phase by hand.
    pub(crate) fn force(&self, phase: Phase, now: Nanos) -> Option<Transition> {
        let mut cold = self.cold.lock();
        let word = self.word();
        let counts = self.counts(word, &cold, now);
        (word.phase() != phase).then(|| self.shift(&mut cold, word, phase, Cause::new(Reason::ByHand, counts), now))
    }

    /// Closes by hand with an empty window, from any phase; every call in flight becomes late.
    pub(crate) fn reset(&self, now: Nanos) -> Option<Transition> {
        let mut cold = self.cold.lock();
        let word = self.word();
        let counts = self.counts(word, &cold, now);
        let transition = self.shift(&mut cold, word, Phase::Closed, Cause::new(Reason::ByHand, counts), now);
        (transition.from != transition.to).then_some(transition)
    }

    #[inline(never)]
    pub(super) fn enter_locked(&self, now: Nanos) -> (Result<Entry, Refused>, Option<Transition>) {
        let mut cold = self.cold.lock();
        let word = self.word();
        match word.phase() {
            Phase::Closed | Phase::MetricsOnly | Phase::ForcedClosed => (Ok(self.entry(word, || now)), None),
            Phase::ForcedOpen => (Err(Refused::Forced), None),
            Phase::Open => {
                let left = self.open_until().saturating_sub(now);
                if left > Nanos(0) {
                    return (Err(Refused::Open { left }), None);
                }
                let cause = Cause::new(Reason::OpenTimeOver, Counts::default());
                let transition = self.turn(&mut cold, word, cause, now);
                (Ok(self.take_place(now)), Some(transition))
            }
            Phase::HalfOpen => self.enter_half_open(&mut cold, now),
        }
    }

    #[inline(never)]
    pub(super) fn trip(&self, entry: Entry, cause: Cause, now: Nanos) -> Option<Transition> {
        let mut cold = self.cold.lock();
        let word = self.word();
        // Of several results that trip together, the first to come here is the transition.
        let first = word.generation() == entry.generation;
        first.then(|| self.turn(&mut cold, word, cause, now))
    }

    /// Goes where the diagram leads; the caller holds the lock.
    pub(super) fn turn(&self, cold: &mut Cold, word: Word, cause: Cause, now: Nanos) -> Transition {
        self.shift(cold, word, word.phase().after(cause.reason), cause, now)
    }

    /// Begins a new generation in the phase `to`; the caller holds the lock.
    fn shift(&self, cold: &mut Cold, word: Word, to: Phase, cause: Cause, now: Nanos) -> Transition {
        let from = word.phase();
        let mut drawn = || self.rules.open_for.delay(cold.step, |range| cold.rng.random_range(range));
        let open_for = (to == Phase::Open).then(|| drawn().max(cause.least_open));
        match to {
            Phase::Open => cold.step = cold.step.saturating_add(1),
            Phase::HalfOpen => {}
            _ => cold.step = 0,
        }
        if let Some(open_for) = open_for {
            // Release pairs with Acquire in `open_until`: who reads this time sees that an earlier open time is past.
            self.open_until.store(now.saturating_add(open_for).0, Ordering::Release);
        }
        if from != to {
            cold.since = now;
        }
        cold.probes = Counts::default();
        let next = word.next(to);
        self.publish(next);
        // After the word, or who reads that no stream is due might still refuse by the phase in which one was.
        self.note_streaming(cold, next.generation());
        let Cause { reason, counts, .. } = cause;
        Transition { from, to, reason, counts, open_for }
    }

    /// Publishes the word; the caller holds the lock.
    pub(super) fn publish(&self, word: Word) {
        // Release pairs with Acquire in `word`. A swap, because loom takes a store to be possible before a count of failures
        // in a row that has been overtaken by it.
        self.word.swap(word.0, Ordering::Release);
    }
}
