//! One replica, as all clones of the service know it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64 as Counter; // a static needs a constructor that is `const`

use super::change::Entry;
use super::pace::Pace;
use super::results::Results;
use super::word::{Phase, Word};
use crate::judge::{Judge, Judgement};
use crate::state::verdict::Level;
use crate::sync::{AtomicU64, Ordering};
use crate::time::Nanos;

/// The heaviest a member may be.
pub(crate) const MAX_WEIGHT: u32 = 1_000_000;

/// A replica that is to be a member.
#[derive(Clone)]
pub(crate) struct Newcomer {
    pub(crate) name: Arc<str>,
    /// 0 to [`MAX_WEIGHT`]; one of weight 0 takes no calls.
    pub(crate) weight: u32,
    /// Those of a lower tier are asked first.
    pub(crate) tier: u32,
    pub(crate) judges: Vec<Arc<dyn Judge>>,
}

impl fmt::Debug for Newcomer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, weight, tier, judges: _ } = self;
        f.debug_struct("Newcomer")
            .field("name", name)
            .field("weight", weight)
            .field("tier", tier)
            .finish_non_exhaustive()
    }
}

/// What the holder of the roster's lock writes is read without it only to be shown, or where the comment says so.
///
/// In this order, what a choice touches is one line of the processor's cache: all down to `rising`.
#[repr(C, align(64))]
pub(crate) struct Member {
    id: u64,
    judges: Box<[Arc<dyn Judge>]>,
    pub(super) word: AtomicU64,
    /// Read by every choice.
    pub(super) weight: AtomicU64,
    in_flight: AtomicU64,
    /// How long it takes to respond, as a [`Pace`]. Read by every choice of the less loaded.
    pub(super) pace: AtomicU64,
    /// Since when its share grows; zero if it does not. Read by every choice, and ended by one.
    pub(super) rising: AtomicU64,
    /// What the judges said when the roster last looked; choices compare it with what they say.
    pub(super) judged: AtomicU64,
    name: Arc<str>,
    pub(super) tier: u32,
    /// How it was when the roster last looked, and since when it is healthy.
    pub(super) level: AtomicU64,
    pub(super) well_since: AtomicU64,
    /// When its next trial is due; out of service.
    pub(super) until: AtomicU64,
    /// How many times it was ejected when it last was, less one for each `base` in service before.
    pub(super) times: AtomicU64,
    /// When its phase last changed.
    pub(super) since: AtomicU64,
    /// The number of its last trial.
    pub(super) trial: AtomicU64,
    /// Whether it was told that it is drained.
    pub(super) is_drained: AtomicU64,
    pub(super) results: Results,
}

impl Member {
    /// Asks the judges, so the caller holds no lock.
    pub(crate) fn new(newcomer: Newcomer, now: Nanos) -> Self {
        let Newcomer { name, weight, tier, judges } = newcomer;
        let judgement = worst(&judges);
        Self {
            id: next_id(),
            name,
            tier,
            judges: judges.into(),
            word: AtomicU64::new(Word::FIRST.0),
            weight: AtomicU64::new(weight.into()),
            judged: AtomicU64::new(judgement as u64),
            in_flight: AtomicU64::new(0),
            pace: AtomicU64::new(Pace::UNKNOWN.0),
            rising: AtomicU64::new(0),
            level: AtomicU64::new(Level::Healthy as u64),
            well_since: AtomicU64::new(now.0),
            until: AtomicU64::new(0),
            times: AtomicU64::new(0),
            since: AtomicU64::new(now.0),
            trial: AtomicU64::new(0),
            is_drained: AtomicU64::new(0),
            results: Results::new(),
        }
    }

    /// A number that no other replica of the process has.
    pub(crate) const fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its name, for one who keeps it.
    pub(super) fn to_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// The calls and the failures that it has had.
    pub(crate) fn totals(&self) -> (u64, u64) {
        self.results.totals()
    }

    #[inline]
    pub(crate) fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn weight(&self) -> u64 {
        self.weight.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn pace(&self) -> Pace {
        Pace(self.pace.load(Ordering::Relaxed))
    }

    pub(super) fn set_pace(&self, change: impl Fn(Pace) -> Pace) {
        let relaxed = Ordering::Relaxed;
        self.pace.fetch_update(relaxed, relaxed, |pace| Some(change(Pace(pace)).0)).ok();
    }

    pub(crate) fn judges(&self) -> &[Arc<dyn Judge>] {
        &self.judges
    }

    /// What its judges say now.
    pub(super) fn judge(&self) -> Judgement {
        worst(&self.judges)
    }

    /// What its judges said when the roster last looked.
    pub(super) fn judged(&self) -> Judgement {
        let judgements = [Judgement::Healthy, Judgement::Degraded, Judgement::OnTrial];
        judgements.into_iter().find(|judgement| self.is_seen_as(*judgement)).unwrap_or(Judgement::Unhealthy)
    }

    /// Whether that is what the judges said when the roster last looked.
    #[inline]
    pub(super) fn is_seen_as(&self, judgement: Judgement) -> bool {
        self.judged.load(Ordering::Relaxed) == judgement as u64
    }

    #[inline(always)]
    pub(super) fn word(&self) -> Word {
        // Acquire pairs with Release in `change`: who sees a phase sees what was written before it.
        Word(self.word.load(Ordering::Acquire))
    }

    /// Changes the word, and returns what it is then; `None` changes nothing.
    pub(super) fn change(&self, change: impl Fn(Word) -> Option<Word>) -> Option<Word> {
        let changed = |word| change(Word(word)).map(|word| word.0);
        let before = self.word.fetch_update(Ordering::AcqRel, Ordering::Acquire, changed).ok()?;
        change(Word(before))
    }

    /// Begins a phase; the caller holds the roster's lock.
    pub(super) fn turn(&self, phase: Phase, now: Nanos) {
        self.since.store(now.0, Ordering::Relaxed);
        self.change(|word| Some(word.next(phase)));
    }

    /// Takes a call, unless it takes none any more.
    #[inline]
    pub(super) fn try_enter(&self) -> Option<Word> {
        // Acquire pairs with Release in `is_empty`: a call that comes after that look sees that the member takes none any more.
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        let word = self.word();
        (!word.is_closed()).then_some(word)
    }

    /// Ends a call that was taken, and returns whether it was the last of one that takes none any more.
    #[inline]
    pub(super) fn leave(&self) -> bool {
        // As in `try_enter`.
        let was_last = self.in_flight.fetch_sub(1, Ordering::AcqRel) == 1;
        was_last && self.word().is_closed()
    }

    /// Whether no call is in flight, for one who has seen that it takes none any more.
    pub(super) fn is_empty(&self) -> bool {
        // No load, but a change that leaves the number as it is: those who change it after see all that was written before this.
        self.in_flight.fetch_add(0, Ordering::AcqRel) == 0
    }

    /// Whether it takes no call any more, and none is in flight.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.word().is_closed() && self.is_empty()
    }

    /// The entry of a call that it has taken.
    #[inline]
    pub(super) const fn entry(word: Word) -> Entry {
        Entry::of(word.generation())
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("name", &self.name).field("phase", &self.word().phase()).finish_non_exhaustive()
    }
}

/// The worst that they say now.
fn worst(judges: &[Arc<dyn Judge>]) -> Judgement {
    judges.iter().map(|judge| judge.judge()).max().unwrap_or(Judgement::Healthy)
}

/// A number that no other replica of the process has.
fn next_id() -> u64 {
    static NEXT: Counter = Counter::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
