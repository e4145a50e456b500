//! What the results of probes change, under the lock.

use crate::outcome::Outcome;
use crate::state::circuit::counted::Ended;
use crate::state::circuit::locked::Locked;
use crate::state::circuit::rules::Trial;
use crate::state::circuit::transitions::Cause;
use crate::state::circuit::{Circuit, Entry, Exit, Reason, Transition};
use crate::state::counts::Recorded;
use crate::sync::Ordering;
use crate::time::Nanos;

impl Circuit {
    #[inline(never)]
    pub(super) fn record_probe(&self, entry: Entry, outcome: Outcome, now: Nanos) -> Option<Transition> {
        let mut locked = self.locked.lock();
        self.current(self.word(), entry)?;
        if let Some(transition) = self.settle_streaming(&mut locked, now) {
            // The transition above made this result late, and this counts it as such.
            self.current(self.word(), entry);
            return Some(transition);
        }
        self.count_probe(&mut locked, entry, outcome, now, now)
    }

    /// Counts a result of `at`, and goes where it leads; the caller holds the lock.
    pub(super) fn count_probe(
        &self,
        locked: &mut Locked,
        entry: Entry,
        outcome: Outcome,
        at: Nanos,
        now: Nanos,
    ) -> Option<Transition> {
        self.tally(Ended::of(outcome));
        locked.probes = locked.probes.and(Recorded::of(outcome, self.is_slow(entry, at)));
        let counts = locked.probes;
        let cause = match self.rules.judge(&counts) {
            Trial::Passed => Cause::new(Reason::Recovered, counts),
            Trial::Failed(trip) => {
                Cause { reason: trip.reason, counts, min_open_for: self.rules.min_open_for(trip, outcome) }
            }
            Trial::Undecided => {
                self.progress(locked, at);
                self.give_back(locked, entry);
                self.publish(self.word().counted());
                return None;
            }
        };
        Some(self.turn(locked, self.word(), cause, now))
    }

    /// Ends a probe that counts nothing.
    #[inline(never)]
    pub(super) fn release_probe(&self, entry: Entry, exit: Exit, now: Nanos) -> Option<Transition> {
        let mut locked = self.locked.lock();
        if self.word().generation() != entry.generation() {
            return None;
        }
        let transition = self.settle_streaming(&mut locked, now);
        if transition.is_none() {
            self.give_back(&locked, entry);
            match exit {
                Exit::Settled(_) | Exit::Repeated(_) => self.progress(&mut locked, now),
                Exit::TimedOut { .. } | Exit::Abandoned => locked.abandoned = locked.abandoned.saturating_add(1),
                Exit::Unsent => {}
            }
        }
        transition
    }

    /// Gives the place of a probe back, if it still holds one; the caller holds the lock.
    fn give_back(&self, locked: &Locked, entry: Entry) {
        if entry.round() == locked.round {
            self.publish(self.word().given_back());
        }
    }

    /// Lets the probes in flight give up their places, and starts their time over; the caller holds the lock.
    pub(super) fn give_up_places(&self, locked: &mut Locked, now: Nanos) {
        locked.round = locked.round.wrapping_add(1);
        locked.stuck = locked.stuck.saturating_add((self.word().holders() > 0).into());
        self.publish(self.word().given_up());
        // After the word: a reader to whom the time is not over must not refuse a call by the places of before.
        self.start_over(now);
    }

    /// Notes that a probe had an answer at that moment; the caller holds the lock.
    pub(super) fn progress(&self, locked: &mut Locked, at: Nanos) {
        (locked.abandoned, locked.stuck) = (0, 0);
        self.start_over(at);
    }

    fn start_over(&self, at: Nanos) {
        // Release pairs with Acquire in `is_over`. A result that is counted late does not take a later progress back.
        self.over_at.fetch_max(at.saturating_add(self.rules.half_open_for).0, Ordering::Release);
    }
}
