//! Whether a call may pass.
//!
//! A closed circuit is only read, and so is one that plainly refuses. Everything else happens under the lock.

use rand::RngExt;

use crate::state::circuit::locked::Locked;
use crate::state::circuit::transitions::Cause;
use crate::state::circuit::word::Word;
use crate::state::circuit::{Circuit, Entry, Phase, Reason, Refusal, Transition};
use crate::sync::Ordering;
use crate::time::{Nanos, Now};

/// Whether a call was let through, and what that changed.
type Entered = (Result<Entry, Refusal>, Option<Transition>);

impl Circuit {
    /// Whether the circuit will most likely refuse the next call, which then does not need the inner service.
    ///
    /// True also when the time of probes is over, so that the next call can find it even if the service waits for those in flight.
    #[inline(always)]
    pub(crate) fn needs_no_service(&self, clock: impl Now) -> bool {
        let word = self.word();
        match word.phase() {
            Phase::Open | Phase::ForcedOpen => true,
            Phase::HalfOpen => {
                let opens_again = || self.locked.lock().abandoned >= self.rules.probes;
                word.places() >= self.rules.probes || self.is_over(clock.now()) && (word.holders() > 0 || opens_again())
            }
            Phase::Closed | Phase::ForcedClosed | Phase::MetricsOnly => false,
        }
    }

    /// Lets a call through, or refuses it.
    #[inline(always)]
    #[must_use = "nobody hears of a transition that is dropped"]
    pub(crate) fn enter(&self, clock: impl Now) -> Entered {
        match self.enter_closed() {
            Some(entry) => (Ok(entry), None),
            None => self.enter_guarded(clock),
        }
    }

    /// Lets a call through where that changes nothing.
    #[inline(always)]
    pub(crate) fn enter_closed(&self) -> Option<Entry> {
        let word = self.word();
        let open = matches!(word.phase(), Phase::Closed | Phase::MetricsOnly | Phase::ForcedClosed);
        open.then(|| Entry::new(word.generation(), 0))
    }

    #[inline(always)]
    fn enter_guarded(&self, clock: impl Now) -> Entered {
        let now = clock.now();
        match self.refusal(now) {
            Some(refusal) => (Err(refusal), None),
            None => self.enter_locked(now),
        }
    }

    /// Refuses without the lock, where that is plain.
    #[inline(always)]
    fn refusal(&self, now: Nanos) -> Option<Refusal> {
        loop {
            let word = self.word();
            let refusal = self.refusal_by(word, now);
            // A time belongs to the word that was read before it only if it still is that word after.
            if self.word() == word {
                return refusal;
            }
        }
    }

    #[inline(always)]
    fn refusal_by(&self, word: Word, now: Nanos) -> Option<Refusal> {
        match word.phase() {
            Phase::ForcedOpen => Some(Refusal::FORCED),
            Phase::Open => {
                let left = self.open_until().saturating_sub(now);
                (left > Nanos(0)).then_some(Refusal::open(left))
            }
            Phase::HalfOpen => {
                let may_change = word.places() < self.rules.probes || self.is_over(now) || self.is_streaming_due(now);
                (!may_change).then_some(Refusal::PROBES_TAKEN)
            }
            Phase::Closed | Phase::ForcedClosed | Phase::MetricsOnly => None,
        }
    }

    /// Until when a call would be refused if only time passed, or `None` if it would be let through now.
    ///
    /// [`Nanos::MAX`] where time alone changes nothing.
    pub(crate) fn refuses_until(&self, clock: impl Now) -> Option<Nanos> {
        if self.enter_closed().is_some() {
            return None;
        }
        let now = clock.now();
        // Under the lock the times belong to the word.
        let _locked = self.locked.lock();
        let word = self.word();
        self.refusal_by(word, now)?;
        Some(match word.phase() {
            Phase::Open => self.open_until(),
            // Acquire pairs with Release in `start_over` and in `note_streaming`.
            Phase::HalfOpen => {
                Nanos(self.over_at.load(Ordering::Acquire).min(self.streaming_at.load(Ordering::Acquire)))
            }
            _ => Nanos::MAX,
        })
    }

    #[inline(never)]
    fn enter_locked(&self, now: Nanos) -> Entered {
        let mut locked = self.locked.lock();
        let word = self.word();
        match word.phase() {
            Phase::Closed | Phase::MetricsOnly | Phase::ForcedClosed => (Ok(Entry::new(word.generation(), 0)), None),
            Phase::ForcedOpen => (Err(Refusal::FORCED), None),
            Phase::Open => self.enter_open(&mut locked, word, now),
            Phase::HalfOpen => self.enter_half_open(&mut locked, now),
        }
    }

    /// Begins the half-open phase once the open time is over; the caller holds the lock.
    fn enter_open(&self, locked: &mut Locked, word: Word, now: Nanos) -> Entered {
        let left = self.open_until().saturating_sub(now);
        if left > Nanos(0) {
            return (Err(Refusal::open(left)), None);
        }
        let transition = self.turn(locked, word, Cause::plain(Reason::OpenTimeOver), now);
        (Ok(self.take_place(locked)), Some(transition))
    }

    /// Takes a place among the probes, if there is one; the caller holds the lock.
    fn enter_half_open(&self, locked: &mut Locked, now: Nanos) -> Entered {
        if let Some(transition) = self.settle_streaming(locked, now) {
            let entered = match transition.to {
                Phase::Open => Err(Refusal::open(self.open_until().saturating_sub(now))),
                _ => Ok(Entry::new(self.word().generation(), 0)),
            };
            return (entered, Some(transition));
        }
        if self.is_over(now) {
            // Callers who left without an answer are all that is known of the service.
            if locked.abandoned >= self.rules.probes {
                let transition = self.turn(locked, self.word(), Cause::new(Reason::Abandoned, locked.probes), now);
                return (Err(Refusal::open(self.open_until().saturating_sub(now))), Some(transition));
            }
            self.give_up_places(locked, now);
        }
        if self.word().places() >= self.rules.probes || self.stands_back(locked) {
            return (Err(Refusal::PROBES_TAKEN), None);
        }
        (Ok(self.take_place(locked)), None)
    }

    /// Whether a call leaves a free place to another, by chance. When places were given up again and again without an answer, those
    /// who come first are not to take them all: they may be senders who are slow.
    fn stands_back(&self, locked: &mut Locked) -> bool {
        locked.stuck > 1 && self.rules.half_open_for > Nanos(0) && locked.rng.random()
    }

    /// Takes a place among the probes; the caller holds the lock.
    fn take_place(&self, locked: &Locked) -> Entry {
        let word = self.word().taken();
        self.publish(word);
        Entry::new(word.generation(), locked.round)
    }

    /// Whether `half_open_for` has passed since the last answer of a probe.
    fn is_over(&self, now: Nanos) -> bool {
        // Acquire pairs with Release in `start_over`, or a reader of a later period's time might act on an earlier word.
        let at = self.over_at.load(Ordering::Acquire);
        at < u64::MAX && now.0 >= at
    }
}
