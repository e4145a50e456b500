//! What of a circuit is kept when its process ends, and how another goes on from it.
//!
//! Exact in the phase, in what is left of the open time, and in failures in a row. What the windows lose, `window/saved.rs` says.

use crate::state::circuit::transitions::Cause;
use crate::state::circuit::word::Word;
use crate::state::circuit::{Circuit, Phase, Reason, Transition};
use crate::state::window;
use crate::time::{Nanos, Now};

/// A circuit at one moment.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Saved {
    pub(crate) phase: Phase,
    /// What is left of the open time.
    left: Nanos,
    /// The step of the last open time.
    step: u32,
    /// The last open time. Of a closed circuit what is left of the time in which another opening is a step further.
    last_open_for: Nanos,
    /// Failures in a row.
    streak: u32,
    window: window::Saved,
}

impl Saved {
    /// Whether a circuit can be so.
    #[cfg(feature = "serde")]
    pub(crate) fn is_sound(&self) -> bool {
        self.window.is_sound()
    }
}

impl Circuit {
    pub(crate) fn saved(&self, now: impl Now) -> Saved {
        let now = now.now();
        let locked = self.locked.lock();
        let word = self.word();
        let phase = word.phase();
        let is_counting = matches!(phase, Phase::Closed | Phase::MetricsOnly);
        let left = if phase == Phase::Open { self.open_until().saturating_sub(now) } else { Nanos(0) };
        let closed_for = if phase == Phase::Closed { now.saturating_sub(locked.since) } else { Nanos(0) };
        Saved {
            phase,
            left,
            step: locked.step,
            last_open_for: locked.last_open_for.saturating_sub(closed_for),
            streak: if is_counting { word.streak() } else { 0 },
            window: self.window.saved(&self.stripes, word.generation().into(), now),
        }
    }

    /// Goes on from what was saved this long ago. `None` if it was used or set before, and then nothing changes.
    ///
    /// It is a transition like others: calls in flight are late from then on.
    #[must_use = "nobody hears of a transition that is dropped"]
    pub(crate) fn restore(&self, saved: &Saved, age: Nanos, now: impl Now) -> Option<Transition> {
        let now = now.now();
        let mut locked = self.locked.lock();
        if self.word() != Word::FIRST || self.stripes.are_written() {
            return None;
        }
        let longest = self.rules.longest_open_for();
        let (to, left) = match saved.phase {
            // The probes have gone with their process.
            Phase::HalfOpen => (Phase::Open, Nanos(0)),
            phase => (phase, saved.left.saturating_sub(age).min(longest)),
        };
        let is_counting = matches!(to, Phase::Closed | Phase::MetricsOnly);
        let closed_for = if to == Phase::Closed { age } else { Nanos(0) };
        (locked.step, locked.since) = (saved.step, now);
        locked.last_open_for = saved.last_open_for.min(longest).saturating_sub(closed_for);
        let has_streak = is_counting && self.rules.consecutive.is_some();
        let next = Word::FIRST.next(to).with_streak(if has_streak { saved.streak } else { 0 });
        if is_counting {
            self.window.restore(&self.stripes, next.generation().into(), now, &saved.window, age);
        }
        let counts = self.window.counts(&self.stripes, next.generation().into(), now);
        let open_for = (to == Phase::Open).then_some(left);
        Some(self.begin(&mut locked, next, Cause::new(Reason::Restored, counts), open_for, now))
    }
}
