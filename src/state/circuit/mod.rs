//! The circuit: whether a call may pass, and what its result changes.
//!
//! One word says the phase; its generation grows with each transition, and an entry of another generation is late: it
//! neither decides nor frees anything. A closed circuit is only read by those who enter, and counts on the threads' own
//! lines; failures in a row it counts in the word. Everything else, transitions and the results of probes, happens under one
//! lock. Exact under every interleaving, but for what the windows say of themselves.

mod entry;
mod locked;
mod phase;
mod probes;
mod record;
mod rules;
pub(super) mod word;

use rand::rngs::SmallRng;

pub use self::phase::Phase;
pub(crate) use self::{
    entry::{Entry, Refused, Transition, View},
    phase::Reason,
    rules::Rules,
};
use self::{locked::Cold, word::Word};
use crate::{
    state::{
        counts::Counts,
        keys::Tie,
        stripes::Stripes,
        window::{FIRST_WORD, Window},
    },
    sync::{AtomicU64, Mutex, Ordering},
    time::Nanos,
};

const REJECTED: usize = 0;
const LATE: usize = 1;

#[derive(Debug)]
pub(crate) struct Circuit {
    word: AtomicU64,
    /// When the open time is over.
    open_until: AtomicU64,
    /// When a probe in flight counts as hung.
    hung_at: AtomicU64,
    /// When the next probe that streams is to be counted; the end of time where there is none.
    streaming_at: AtomicU64,
    rules: Rules,
    /// Whether counting a result takes the time.
    timed: bool,
    window: Window,
    stripes: Stripes,
    cold: Mutex<Cold>,
}

impl Circuit {
    pub(crate) fn new(rules: Rules, window: Window, rng: SmallRng) -> Self {
        Self {
            word: AtomicU64::new(Word::FIRST.0),
            open_until: AtomicU64::new(0),
            hung_at: AtomicU64::new(0),
            streaming_at: AtomicU64::new(u64::MAX),
            stripes: Stripes::new(FIRST_WORD + window.words()),
            timed: rules.slow_rate.is_some() || matches!(window, Window::Time(_)),
            rules,
            window,
            cold: Mutex::new(Cold::new(rng)),
        }
    }

    /// Whether the next call is most likely for the circuit alone to answer, and has no need of the service.
    ///
    /// So a caller comes to the call that finds a probe hung, also where that probe is what the service waits for.
    #[inline(always)]
    pub(crate) fn needs_no_service(&self, now: impl FnOnce() -> Nanos) -> bool {
        let word = self.word();
        match word.phase() {
            Phase::Open | Phase::ForcedOpen => true,
            Phase::HalfOpen => word.places() >= self.rules.probes || self.is_hung(word, now()),
            Phase::Closed | Phase::ForcedClosed | Phase::MetricsOnly => false,
        }
    }

    /// Lets a call through where that changes nothing.
    #[inline(always)]
    pub(crate) fn enter_closed(&self, now: impl FnOnce() -> Nanos) -> Option<Entry> {
        let word = self.word();
        let open = matches!(word.phase(), Phase::Closed | Phase::MetricsOnly | Phase::ForcedClosed);
        open.then(|| self.entry(word, now))
    }

    /// Lets a call through, or refuses it.
    #[inline(always)]
    pub(crate) fn try_enter(&self, now: Nanos) -> (Result<Entry, Refused>, Option<Transition>) {
        match self.refusal(now) {
            Some(refused) => (Err(refused), None),
            None => self.enter_locked(now),
        }
    }

    /// Counts a call that was refused.
    #[inline(always)]
    pub(crate) fn count_rejected(&self) {
        self.stripes.mine().count(REJECTED);
    }

    /// Gives back the place of a call that says nothing about the service.
    #[inline(always)]
    pub(crate) fn abandon(&self, entry: Entry) {
        let word = self.word();
        if word.phase() == Phase::HalfOpen && word.generation() == entry.generation {
            let _cold = self.cold.lock();
            let word = self.word();
            if word.generation() == entry.generation {
                self.publish(word.given_back());
            }
        }
    }

    pub(crate) fn view(&self, now: Nanos) -> View {
        let cold = self.cold.lock();
        let word = self.word();
        let phase = word.phase();
        View {
            phase,
            counts: self.counts(word, &cold, now),
            rejected: self.stripes.total(REJECTED),
            late: self.stripes.total(LATE),
            since: cold.since,
            left: (phase == Phase::Open).then(|| self.open_until().saturating_sub(now)),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.word().phase()
    }

    /// What holds it in its place, where there is one for each key.
    pub(crate) fn tie(&self) -> Tie {
        match self.phase() {
            Phase::Closed | Phase::HalfOpen => Tie::Free,
            Phase::Open => Tie::Until(self.open_until()),
            Phase::ForcedOpen | Phase::ForcedClosed | Phase::MetricsOnly => Tie::Until(Nanos::MAX),
        }
    }

    pub(crate) const fn min_calls(&self) -> u64 {
        self.rules.min_calls
    }

    /// Refuses without the lock, where that is plain.
    #[inline(always)]
    fn refusal(&self, now: Nanos) -> Option<Refused> {
        loop {
            let word = self.word();
            let refused = match word.phase() {
                Phase::ForcedOpen => Some(Refused::Forced),
                Phase::Open => {
                    let left = self.open_until().saturating_sub(now);
                    (left > Nanos(0)).then_some(Refused::Open { left })
                }
                Phase::HalfOpen
                    if word.places() >= self.rules.probes
                        && !self.is_hung(word, now)
                        && !self.is_streaming_due(now) =>
                {
                    Some(Refused::ProbesTaken)
                }
                Phase::HalfOpen | Phase::Closed | Phase::ForcedClosed | Phase::MetricsOnly => None,
            };
            // A time belongs to the phase that was read before it only if it still is that phase after.
            if self.word().generation() == word.generation() {
                return refused;
            }
        }
    }

    fn counts(&self, word: Word, cold: &Cold, now: Nanos) -> Counts {
        match word.phase() {
            Phase::Closed | Phase::MetricsOnly => {
                let counts = self.window.counts(&self.stripes, word.generation(), now);
                Counts { consecutive: word.run(), ..counts }
            }
            Phase::HalfOpen => cold.probes,
            Phase::Open | Phase::ForcedOpen | Phase::ForcedClosed => Counts::default(),
        }
    }

    #[inline(always)]
    fn entry(&self, word: Word, now: impl FnOnce() -> Nanos) -> Entry {
        let started = if self.rules.slow_rate.is_some() { now() } else { Nanos(0) };
        Entry { generation: word.generation(), started }
    }

    /// The word, unless the entry is late.
    #[inline(always)]
    fn current(&self, word: Word, entry: Entry) -> Option<Word> {
        if word.generation() == entry.generation {
            return Some(word);
        }
        self.stripes.mine().count(LATE);
        None
    }

    #[inline(always)]
    fn is_slow(&self, entry: Entry, now: Nanos) -> bool {
        self.rules.slow_rate.is_some_and(|(_, after)| now.saturating_sub(entry.started) > after)
    }

    fn is_hung(&self, word: Word, now: Nanos) -> bool {
        // Acquire pairs with Release in `progress`, or who reads a later period's time might go on from an earlier word.
        word.in_flight() > 0 && now.0 >= self.hung_at.load(Ordering::Acquire)
    }

    fn is_streaming_due(&self, now: Nanos) -> bool {
        // Acquire pairs with Release in `note_streaming`.
        let at = self.streaming_at.load(Ordering::Acquire);
        at < u64::MAX && now.0 >= at
    }

    fn open_until(&self) -> Nanos {
        // Acquire pairs with Release in `shift`.
        Nanos(self.open_until.load(Ordering::Acquire))
    }

    #[inline(always)]
    fn word(&self) -> Word {
        // Acquire pairs with Release in `publish`: who sees a phase sees the times that belong to it.
        Word(self.word.load(Ordering::Acquire))
    }
}
