//! What the results of probes change, under the lock.

use crate::outcome::Outcome;
use crate::state::circuit::locked::Locked;
use crate::state::circuit::rules::Trial;
use crate::state::circuit::transitions::Cause;
use crate::state::circuit::{Circuit, Entry, Reason, Transition};
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
        self.count_probe(&mut locked, Recorded { outcome, slow: self.is_slow(entry, now) }, now, now)
    }

    /// Counts a result of `at`, and goes where it leads; the caller holds the lock.
    pub(super) fn count_probe(&self, locked: &mut Locked, call: Recorded, at: Nanos, now: Nanos) -> Option<Transition> {
        locked.probes = locked.probes.and(call);
        let counts = locked.probes;
        let reason = match self.rules.judge(&counts) {
            Trial::Passed => Reason::Recovered,
            Trial::Failed(reason) => reason,
            Trial::Undecided => {
                self.progress(at);
                self.publish(self.word().counted());
                return None;
            }
        };
        let cause = Cause { reason, counts, min_open_for: self.rules.min_open_for(call.outcome) };
        Some(self.turn(locked, self.word(), cause, now))
    }

    /// Notes that the probes were moving at that moment; the caller holds the lock.
    pub(super) fn progress(&self, at: Nanos) {
        // Release pairs with Acquire in `is_hung`. A result that is counted late does not take a later progress back.
        self.hung_at.fetch_max(at.saturating_add(self.rules.half_open_for).0, Ordering::Release);
    }
}
