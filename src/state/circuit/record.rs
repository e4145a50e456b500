//! What the result of a call changes.

use crate::{
    state::{
        circuit::{Circuit, Entry, Phase, Transition, locked::Cause, word::Word},
        counts::{Counts, Recorded, Verdict},
    },
    sync::Ordering,
    time::Nanos,
};

impl Circuit {
    /// Records how a call ended.
    #[inline(always)]
    pub(crate) fn record(&self, entry: Entry, verdict: Verdict, clock: impl Fn() -> Nanos) -> Option<Transition> {
        let word = self.current(self.word(), entry)?;
        match word.phase() {
            Phase::Closed | Phase::MetricsOnly => self.record_closed(word, entry, verdict, clock),
            Phase::HalfOpen => self.record_probe(entry, verdict, clock()),
            Phase::ForcedClosed | Phase::ForcedOpen | Phase::Open => None,
        }
    }

    /// Records a call that a timeout of ours cut short: where slowness counts, it is what the time in flight makes it.
    pub(crate) fn record_cut(&self, entry: Entry, now: Nanos) -> Option<Transition> {
        if self.rules.slow_rate.is_some() && !self.is_slow(entry, now) {
            self.abandon(entry);
            return None;
        }
        self.record(entry, Verdict::Failure, || now)
    }

    #[inline(always)]
    fn record_closed(
        &self,
        word: Word,
        entry: Entry,
        verdict: Verdict,
        clock: impl Fn() -> Nanos,
    ) -> Option<Transition> {
        let now = if self.timed { clock() } else { Nanos(0) };
        let call = Recorded { verdict, slow: self.is_slow(entry, now) };
        let consecutive = self.count_run(word, entry, verdict)?;
        let counts = self.window.record(&self.stripes, entry.generation, now, &clock, call)?;
        let counts = Counts { consecutive, ..counts };
        let reason = self.rules.trip(&counts)?;
        let cause = Cause { reason, counts, least_open: self.rules.heed(verdict) };
        self.trip(entry, cause, if self.timed { now } else { clock() })
    }

    /// Counts failures in a row; a success with nothing to reset only reads.
    #[inline(always)]
    fn count_run(&self, mut word: Word, entry: Entry, verdict: Verdict) -> Option<u32> {
        if self.rules.consecutive.is_none() {
            return Some(0);
        }
        loop {
            let run = match verdict {
                Verdict::Success => 0,
                Verdict::Failure => word.run().saturating_add(1),
                Verdict::Throttled(_) => word.run(),
            };
            if run == word.run() {
                return Some(run);
            }
            let (new, relaxed) = (word.with_run(run), Ordering::Relaxed);
            match self.word.compare_exchange_weak(word.0, new.0, relaxed, relaxed) {
                Ok(_) => return Some(run),
                Err(seen) => word = self.current(Word(seen), entry)?,
            }
        }
    }
}
