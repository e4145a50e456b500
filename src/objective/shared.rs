//! What all handles of an objective share: what its calls have spent, and who is told.

use std::borrow::Cow;
use std::sync::Weak;
use std::time::Duration;

// Not `sync`'s: no model checks it, and the ledger is checked by itself.
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::cached_arc::cached;
use crate::error::RejectionReason;
use crate::event::{self, Event, Told};
use crate::name::Name;
use crate::registry::Row;
use crate::state::calls::Ended;
use crate::state::history::{Counted, Standing, Sums, Turn};
use crate::state::objective::{Asked, Call, Calls, Change, Ledger, Rules, STEP, Seen};
use crate::sync::{Arc, OnceLock};
use crate::time::{self, Clock, Nanos};

/// Rejections that are not asked, as bits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reasons(u64);

impl Reasons {
    pub(super) fn with(self, reason: RejectionReason) -> Self {
        Self(self.0 | 1 << reason as u64)
    }

    pub(super) const fn has(self, reason: RejectionReason) -> bool {
        self.0 >> reason as u64 & 1 != 0
    }
}

/// What each call touches. It holds nothing else, because threads keep what feeds it.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(super) row: &'static Row,
    pub(super) calls: Calls,
    pub(super) clock: Clock,
    /// How long a call may take that is fast.
    pub(super) limit: Nanos,
    pub(super) not_asked: Reasons,
    /// What is told when a step begins, as long as somebody has the objective.
    pub(super) core: OnceLock<Weak<Core>>,
}

impl Feed {
    /// The name of the objective.
    pub(crate) const fn name(&self) -> Name {
        self.row.name()
    }

    /// Counts a call that ended now and took so long, for this reason if it was rejected. Out of line, so that a measure that feeds
    /// nothing pays nothing for it.
    #[inline(never)]
    pub(crate) fn end(&self, ended: Ended, reason: Option<RejectionReason>, took: Nanos, now: Instant) {
        let call = match ended {
            Ended::Success if took <= self.limit => Call::Fast,
            Ended::Success => Call::Slow,
            Ended::Failure | Ended::Throttled => Call::Bad,
            Ended::Rejected if reason.is_some_and(|reason| !self.not_asked.has(reason)) => Call::Bad,
            Ended::Rejected | Ended::Ignored | Ended::Abandoned => return,
        };
        if self.calls.is_due(self.clock.at(now)) {
            self.turn();
        }
        self.calls.count(call);
        self.row.count(call as usize);
    }

    /// Has the alerts told that changed with the step that has begun.
    #[cold]
    fn turn(&self) {
        match self.core.get().and_then(Weak::upgrade) {
            Some(core) => core.tell_news(),
            None => self.calls.set_burn(0.0),
        }
    }

    /// The burn rate that gates heed, as it was at the last step.
    pub(super) fn burn(&self) -> f64 {
        if self.calls.is_due(self.clock.now()) {
            self.turn();
        }
        self.calls.burn()
    }
}

#[derive(Debug)]
pub(crate) struct Core {
    pub(super) feed: Arc<Feed>,
    pub(super) told: Told,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) rules: Rules,
    pub(super) recovery: Option<Duration>,
    pub(super) runbook_url: Cow<'static, str>,
}

cached!(Core);

impl Core {
    /// Looks at the ledger as it is now, and tells which alerts have changed.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        let mut ledger = self.ledger.lock();
        let changes = ledger.look(&self.feed.calls, self.feed.clock.now());
        let seen = look(&ledger);
        drop(ledger);
        for change in &changes {
            self.tell(change);
        }
        seen
    }

    pub(super) fn tell_news(&self) {
        self.look(|_| ());
    }

    fn tell(&self, change: &Change) {
        let Change { indicator, alert, is_firing, burn, at, number, fails } = *change;
        let event = Event::Alert {
            is_firing,
            indicator,
            severity: alert.severity,
            burn,
            threshold: alert.threshold(self.rules.period),
            long: alert.long,
            short: alert.short,
            runbook_url: &self.runbook_url,
        };
        let (source, at) = (self.feed.row.source, time::moment(self.feed.clock.instant(at)));
        self.told.keep(at, fails.map(|fails| self.turn(number, fails)), source, &event);
        event::tell(source, &event);
    }

    /// Until it fails no more, or from when it does.
    fn turn(&self, number: u64, fails: bool) -> Turn {
        let to = if fails { Standing::Down { until: Nanos::MAX } } else { Standing::Up };
        Turn { number, to, is_by_hand: false, counted: self.counted() }
    }

    /// The calls that came to harm so far.
    pub(super) fn counted(&self) -> Counted {
        Counted { degraded: Some(self.feed.row.total(Call::DEGRADED)), ..self.feed.row.harmed(0) }
    }

    /// What its figures are made of, over the last `window` or since it was built.
    pub(super) fn sums(&self, window: Option<Duration>) -> Sums {
        let window_in_nanos = window.map(Nanos::from);
        let asked = self.look(|ledger| {
            let (indicator, _) = self.rules.each().next()?;
            ledger.asked_over(indicator, window_in_nanos)
        });
        let Asked { calls, bad } = asked.unwrap_or_default();
        Sums { good: calls - bad, asked: calls, ..self.told.sums(window) }
    }

    /// Each indicator, as it is now.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.look(|ledger| ledger.seen().collect())
    }

    /// The one that has used most.
    pub(super) fn worst(&self) -> Seen {
        let worse = |worst: Seen, other: Seen| if other.used() > worst.used() { other } else { worst };
        self.seen().into_iter().reduce(worse).expect("it has a target, as its builder checked")
    }

    /// Whether each target is kept in the period, and no failure in it took too long.
    pub(super) fn is_met(&self) -> bool {
        let is_kept = self.look(|ledger| ledger.seen().all(|seen| seen.target.is_met(seen.asked)));
        let longest = || Duration::from(self.told.sums(Some(self.period())).longest);
        is_kept && self.recovery.is_none_or(|recovery| longest() <= recovery)
    }

    /// The length of the period.
    pub(super) const fn period(&self) -> Duration {
        Duration::from_nanos(self.rules.period * STEP.0)
    }
}
