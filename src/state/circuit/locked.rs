//! What a circuit does under its lock: transitions, and all that probes do.

use rand::{RngExt, SeedableRng, rngs::SmallRng};

use crate::{
    state::{
        circuit::{Circuit, Entry, Phase, Reason, Refused, Transition, rules::Trial, word::Word},
        counts::{Counts, Recorded, Verdict},
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
    const fn new(reason: Reason, counts: Counts) -> Self {
        Self { reason, counts, least_open: Nanos(0) }
    }
}

impl Cold {
    pub(super) const fn new(rng: SmallRng) -> Self {
        Self { since: Nanos(0), step: 0, probes: Counts::NONE, rng }
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
            Phase::HalfOpen if self.is_hung(word, now) => {
                let cause = Cause::new(Reason::Hung, cold.probes);
                let transition = self.turn(&mut cold, word, cause, now);
                (Err(Refused::Open { left: self.open_until().saturating_sub(now) }), Some(transition))
            }
            Phase::HalfOpen if word.places() >= self.rules.probes => (Err(Refused::ProbesTaken), None),
            Phase::HalfOpen => (Ok(self.take_place(now)), None),
        }
    }

    /// Takes a place among the probes; the caller holds the lock.
    fn take_place(&self, now: Nanos) -> Entry {
        let word = self.word().taken();
        self.progress(now);
        self.publish(word);
        Entry { generation: word.generation(), started: now }
    }

    #[inline(never)]
    pub(super) fn trip(&self, entry: Entry, cause: Cause, now: Nanos) -> Option<Transition> {
        let mut cold = self.cold.lock();
        let word = self.word();
        // Of several results that trip together, the first to come here is the transition.
        let first = word.generation() == entry.generation;
        first.then(|| self.turn(&mut cold, word, cause, now))
    }

    #[inline(never)]
    pub(super) fn record_probe(&self, entry: Entry, verdict: Verdict, now: Nanos) -> Option<Transition> {
        let mut cold = self.cold.lock();
        let word = self.current(self.word(), entry)?;
        let call = Recorded { verdict, slow: self.is_slow(entry, now) };
        cold.probes = cold.probes.and(call);
        let counts = cold.probes;
        let reason = match self.rules.judge(&counts) {
            Trial::Passed => Reason::Recovered,
            Trial::Failed(reason) => reason,
            Trial::Undecided => {
                self.progress(now);
                self.publish(word.counted());
                return None;
            }
        };
        let cause = Cause { reason, counts, least_open: self.rules.heed(verdict) };
        Some(self.turn(&mut cold, word, cause, now))
    }

    /// Goes where the diagram leads; the caller holds the lock.
    fn turn(&self, cold: &mut Cold, word: Word, cause: Cause, now: Nanos) -> Transition {
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
        self.publish(word.next(to));
        let Cause { reason, counts, .. } = cause;
        Transition { from, to, reason, counts, open_for }
    }

    /// Notes that the probes are moving; the caller holds the lock.
    fn progress(&self, now: Nanos) {
        // Release pairs with Acquire in `is_hung`.
        self.hung_at.store(now.saturating_add(self.rules.half_open_for).0, Ordering::Release);
    }

    /// Publishes the word; the caller holds the lock.
    pub(super) fn publish(&self, word: Word) {
        // Release pairs with Acquire in `word`. A swap, because loom takes a store to be possible before a count of failures
        // in a row that has been overtaken by it.
        self.word.swap(word.0, Ordering::Release);
    }
}
