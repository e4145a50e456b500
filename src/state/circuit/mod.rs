//! The circuit: whether a call may pass, and what its result changes.
//!
//! One word says the phase. Its generation grows with each transition, and an entry of another generation is late: it
//! neither decides nor frees anything. Calls only read the word of a closed circuit, and are counted on the threads' own
//! lines; failures in a row are counted in the word. Everything else, transitions and the results of probes, happens under
//! one lock. Exact under every interleaving, except for what the windows say on their own pages.

pub(crate) mod counted;
mod enter;
mod entry;
mod exit;
mod judged;
mod locked;
mod phase;
mod probes;
pub(super) mod rules;
#[cfg(any(feature = "serde", test))]
mod saved;
mod streams;
mod transitions;
pub(super) mod word;

use rand::SeedableRng;
use rand::rngs::SmallRng;

use self::counted::{Ended, FIRST_STEP, Step, steps};
pub(crate) use self::entry::{Entry, Exit, Refusal, Steer, Transition, View};
use self::locked::Locked;
pub use self::phase::Phase;
pub(crate) use self::phase::Reason;
pub(crate) use self::rules::Rules;
#[cfg(any(feature = "serde", test))]
pub(crate) use self::saved::Saved;
use self::word::Word;
use crate::state::counts::Counts;
use crate::state::keys::Retention;
use crate::state::moments::Moments;
use crate::state::stripes::Stripes;
use crate::state::tally::Tally;
use crate::state::window::{FIRST_WORD, Window};
use crate::sync::{AtomicU64, Mutex, OnceLock, Ordering};
use crate::time::{Nanos, Now};

/// The circuit's own words in a stripe, before those of its window.
const REJECTED: usize = 0;
const LATE: usize = 1;
const _: () = assert!(LATE < FIRST_WORD);

#[derive(Debug)]
pub(crate) struct Circuit {
    word: AtomicU64,
    /// When the open time is over.
    open_until: AtomicU64,
    /// When `half_open_for` has passed since the last answer of a probe.
    over_at: AtomicU64,
    /// When the next streaming probe is to be counted; `u64::MAX` where there is none.
    streaming_at: AtomicU64,
    /// When the streaming calls of a closed circuit are to be counted. Made when the first response streams.
    moments: OnceLock<Box<Moments>>,
    rules: Rules,
    /// Whether counting a result takes the time.
    timed: bool,
    window: Window,
    stripes: Stripes,
    /// What all circuits of its name count.
    tally: &'static Tally,
    locked: Mutex<Locked>,
}

impl Circuit {
    pub(crate) fn new(rules: Rules, window: Window, tally: &'static Tally, rng: SmallRng) -> Self {
        Self {
            word: AtomicU64::new(Word::FIRST.0),
            open_until: AtomicU64::new(0),
            over_at: AtomicU64::new(0),
            streaming_at: AtomicU64::new(u64::MAX),
            moments: Moments::later(),
            stripes: Stripes::new(FIRST_WORD + window.words()),
            timed: rules.slow_rate.is_some() || matches!(window, Window::Time(_)),
            rules,
            window,
            tally,
            locked: Mutex::new(Locked::new(rng)),
        }
    }

    /// Another with the same settings, closed at `now`; its jitter is its own.
    pub(crate) fn fork(&self, now: impl Now) -> Self {
        let rng = self.locked.lock().rng.fork();
        let fork = Self::new(self.rules, self.window.fork(), self.tally, rng);
        fork.locked.lock().since = now.now();
        fork
    }

    /// Counts a call that was let through, and that a layer below did not send.
    pub(crate) fn count_unsent(&self) {
        self.tally(Ended::Ignored);
    }

    /// Counts a call that was refused.
    #[inline(always)]
    pub(crate) fn count_rejected(&self) {
        self.stripes.mine().count(REJECTED);
    }

    /// How many calls were refused.
    pub(crate) fn rejected(&self) -> u64 {
        self.stripes.total(REJECTED)
    }

    pub(crate) fn view(&self, now: impl Now) -> View {
        let now = now.now();
        let locked = self.locked.lock();
        let word = self.word();
        let phase = word.phase();
        View {
            phase,
            counts: self.counts(word, &locked, now),
            rejected: self.rejected(),
            late: self.stripes.total(LATE),
            since: locked.since,
            left: (phase == Phase::Open).then(|| self.open_until().saturating_sub(now)),
            probing: if phase == Phase::HalfOpen { word.holders() } else { 0 },
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.word().phase()
    }

    /// How long the circuit of a key is kept.
    pub(crate) fn retention(&self) -> Retention {
        match self.phase() {
            Phase::Closed => {
                let locked = self.locked.lock();
                Retention::Until(locked.since.saturating_add(locked.last_open_for))
            }
            Phase::HalfOpen => Retention::Free,
            Phase::Open => Retention::Until(self.open_until()),
            Phase::ForcedOpen | Phase::ForcedClosed | Phase::MetricsOnly => Retention::Until(Nanos::MAX),
        }
    }

    #[inline(always)]
    pub(crate) const fn counts_slow(&self) -> bool {
        self.rules.slow_rate.is_some()
    }

    pub(crate) const fn min_calls(&self) -> u64 {
        self.rules.min_calls
    }

    pub(crate) const fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(crate) const fn window(&self) -> &Window {
        &self.window
    }

    #[inline(always)]
    fn tally(&self, ended: Ended) {
        self.tally.count(ended.word());
    }

    #[cold]
    fn tally_step(&self, step: Step) {
        let number = steps().position(|other| other == step);
        debug_assert!(number.is_some() || step.0 == step.1, "{step:?} is not among the steps");
        if let Some(number) = number {
            self.tally.count(FIRST_STEP + number);
        }
    }

    fn counts(&self, word: Word, locked: &Locked, now: Nanos) -> Counts {
        match word.phase() {
            Phase::Closed | Phase::MetricsOnly => {
                let counts = self.window.counts(&self.stripes, word.generation().into(), now);
                Counts { consecutive: word.streak(), ..counts }
            }
            Phase::HalfOpen => locked.probes,
            Phase::Open | Phase::ForcedOpen | Phase::ForcedClosed => Counts::NONE,
        }
    }

    /// Returns the word, or counts the entry as late.
    #[inline(always)]
    fn current(&self, word: Word, entry: Entry) -> Option<Word> {
        if word.generation() == entry.generation() {
            return Some(word);
        }
        self.stripes.mine().count(LATE);
        self.tally(Ended::Late);
        None
    }

    #[inline(always)]
    fn is_slow(&self, entry: Entry, now: Nanos) -> bool {
        self.rules.slow_rate.is_some_and(|(_, after)| entry.in_flight(now) > after)
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
