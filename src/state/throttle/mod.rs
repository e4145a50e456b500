//! Client-side adaptive throttling: which calls are rejected here, because the service takes too few of them.
//!
//! The formula is that of *Site Reliability Engineering*, chapter 21. Over the calls of a window, each call is rejected with the
//! probability `max(0, (requests - k * accepts) / (requests + 1))`. A call is a request and, if it was no failure, an accept from the
//! moment when it ends: calls in flight say nothing yet. One that is rejected here is a request at once. So each class of calls has
//! a window of its own, and an *alarm* beside it: while that is clear, calls pass without a look at the window or the time.
//!
//! Exact: no call is lost or counted twice, and the alarm is on after a failure that makes the probability more than zero, under
//! every interleaving. Approximate: the window in time, by one bucket; and a probability that rises only because old accepts expire is
//! seen with the next call that fails, bounded by `a_rise_by_time_alone_is_seen_with_the_next_failure`. Calls that
//! are drawn at the same moment do not see each other.

pub(crate) mod alarm;
pub(crate) mod counted;
mod rules;

use self::alarm::Alarm;
pub(crate) use self::rules::{Asked, Rules};
use crate::outcome::Outcome;
use crate::state::counts::Recorded;
use crate::state::criticality::Criticality;
use crate::state::draws::{Draws, fraction};
use crate::state::keys::Retention;
use crate::state::stripes::Stripes;
use crate::state::window::{FIRST_WORD, TimeWindow};
use crate::sync::Arc;
use crate::time::{Nanos, Now};

/// The word of a stripe that counts rejected calls, before those of the window.
const REJECTED: usize = 0;
const _: () = assert!(REJECTED < FIRST_WORD);

/// All calls are of one generation: nothing empties the windows but time.
const GENERATION: u64 = 0;

const REJECTION: Recorded = Recorded { failed: true, throttled: false, slow: false };

#[derive(Debug)]
pub(crate) struct Throttle {
    rules: Rules,
    window: TimeWindow,
    classes: [Class; Criticality::COUNT],
    /// Those of all keys: to draw they need not know each other.
    draws: Arc<Draws>,
}

/// The calls that matter as much.
#[derive(Debug)]
struct Class {
    alarm: Alarm,
    stripes: Stripes,
}

/// Whether a call passes, and what is told with it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "nobody hears of a change that is dropped"]
pub(crate) struct Entered {
    pub(crate) passes: bool,
    pub(crate) change: Option<Change>,
}

/// Calls of a class are rejected from now on, or are no more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) rejects: bool,
    /// The calls by which that was decided.
    pub(crate) asked: Asked,
}

/// A class at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) asked: Asked,
    pub(crate) probability: f64,
    /// Since it was built.
    pub(crate) rejected: u64,
}

impl Throttle {
    /// The settings were checked: neither the span nor the buckets are zero.
    pub(crate) fn new(rules: Rules, span: Nanos, buckets: u32, seed: u64) -> Self {
        // The formula waits for no number of calls, and a slow call is as good as another.
        Self::made(rules, TimeWindow::new(span, buckets, 0, false), Arc::new(Draws::new(seed)))
    }

    /// Another of the same settings, that has counted nothing.
    pub(crate) fn fork(&self) -> Self {
        Self::made(self.rules, self.window.fork(), Arc::clone(&self.draws))
    }

    fn made(rules: Rules, window: TimeWindow, draws: Arc<Draws>) -> Self {
        let words = FIRST_WORD + window.words();
        let class = |_| Class { alarm: Alarm::new(), stripes: Stripes::new(words) };
        Self { rules, window, classes: Criticality::IN_ORDER.map(class), draws }
    }

    /// Lets a call pass, or rejects it and counts that. The time is read only where the alarm is on.
    #[inline(always)]
    pub(crate) fn enter(&self, class: Criticality, clock: impl Now) -> Entered {
        if self.class(class).alarm.is_clear() {
            return Entered { passes: true, change: None };
        }
        self.draw(class, clock)
    }

    #[inline(never)]
    fn draw(&self, class: Criticality, clock: impl Now) -> Entered {
        let (class, now) = (self.class(class), clock.now());
        let asked = self.asked(class, now);
        let probability = self.rules.probability(asked);
        if probability > 0.0 && fraction(self.draws.draw()) < probability {
            class.stripes.mine().count(REJECTED);
            self.record(class, REJECTION, now, clock);
            let begins = class.alarm.reject(now);
            return Entered { passes: false, change: begins.then_some(Change { rejects: true, asked }) };
        }
        let ends = probability == 0.0 && self.clear(class, now);
        Entered { passes: true, change: ends.then_some(Change { rejects: false, asked }) }
    }

    /// Clears the alarm if it may be. Returns whether that ends a time in which calls were rejected.
    fn clear(&self, class: &Class, now: Nanos) -> bool {
        class.alarm.clear(now, self.window.span(), || self.rules.probability(self.asked(class, now)) > 0.0)
    }

    /// Counts the end of a call that passed.
    #[inline(always)]
    pub(crate) fn exit(&self, class: Criticality, outcome: Outcome, clock: impl Now) {
        if outcome != Outcome::Ignored {
            self.record(self.class(class), Recorded::of(outcome, false), clock.now(), clock);
        }
    }

    #[inline(always)]
    fn record(&self, class: &Class, call: Recorded, now: Nanos, clock: impl Now) {
        // The window sums after each call that was not accepted, with a fence between.
        if let Some(counts) = self.window.record(&class.stripes, GENERATION, now, clock, call) {
            if self.rules.probability(counts.into()) > 0.0 {
                class.alarm.raise();
            }
        }
    }

    pub(crate) fn view(&self, class: Criticality, now: Nanos) -> View {
        let class = self.class(class);
        let asked = self.asked(class, now);
        View { asked, probability: self.rules.probability(asked), rejected: class.stripes.total(REJECTED) }
    }

    pub(crate) const fn rules(&self) -> Rules {
        self.rules
    }

    pub(crate) const fn window(&self) -> &TimeWindow {
        &self.window
    }

    /// How long that of a key is kept: for a window after its last rejection. Failures alone do not keep it.
    pub(crate) fn retention(&self) -> Retention {
        let rejected = self.classes.iter().filter_map(|class| class.alarm.rejected_at()).max();
        rejected.map_or(Retention::Free, |at| Retention::Until(at.saturating_add(self.window.span())))
    }

    fn asked(&self, class: &Class, now: Nanos) -> Asked {
        self.window.counts(&class.stripes, GENERATION, now).into()
    }

    #[inline(always)]
    const fn class(&self, class: Criticality) -> &Class {
        &self.classes[class as usize]
    }
}
