//! What of a ledger is kept when its process ends, and how another goes on from it.
//!
//! Approximate in time, by one bucket: what was in a bucket comes into that which holds the moment when it began.

use std::iter;

use super::STEP;
use super::asked::Totals;
use super::calls::Calls;
use super::edges::Edges;
use super::ledger::Ledger;
use crate::state::window::buckets_ago;
use crate::time::Nanos;

/// How long ago each bucket with calls began, and what was counted in it.
type Buckets = Vec<(Nanos, Totals)>;

/// The calls of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Saved {
    /// Those of the last hour, in steps.
    hour: Buckets,
    period: Buckets,
}

impl Saved {
    /// Whether as many calls as that can be added up.
    #[cfg(feature = "serde")]
    pub(crate) fn is_sound(&self) -> bool {
        let are_few = |buckets: &Buckets| {
            let sum = |sum: u64, (_, totals): &(Nanos, Totals)| sum.saturating_add(totals.calls());
            buckets.iter().fold(0, sum) < 1 << 60
        };
        are_few(&self.hour) && are_few(&self.period)
    }
}

impl Ledger {
    /// As it was when it was last looked at.
    pub(crate) fn saved(&self, now: Nanos) -> Saved {
        let of = |edges: &Edges| edges.saved(self.totals, self.since_bucket(edges, now));
        Saved { hour: of(&self.hour), period: of(&self.period) }
    }

    /// Goes on from what was saved this long ago. Returns whether no call came before: otherwise nothing changes.
    pub(crate) fn restore(&mut self, calls: &Calls, saved: &Saved, age: Nanos, now: Nanos) -> bool {
        let is_unused = calls.totals() == Totals::default();
        if is_unused {
            let into = [&self.hour, &self.period].map(|edges| self.since_bucket(edges, now));
            self.hour.restore(&saved.hour, age, into[0]);
            self.period.restore(&saved.period, age, into[1]);
        }
        is_unused
    }

    /// How long ago the newest bucket began.
    fn since_bucket(&self, edges: &Edges, now: Nanos) -> Nanos {
        Nanos(self.step % edges.width * STEP.0).saturating_add(now.saturating_sub(self.time_of(self.step)))
    }
}

impl Edges {
    fn saved(&self, totals: Totals, since_bucket: Nanos) -> Buckets {
        let width = self.time();
        let edges = (0..self.len()).map(|ago| self.totals[self.place(ago)]);
        let counted = iter::once(totals).chain(edges.clone()).zip(edges).map(|(until, from)| until.since(from));
        let began = (0..).map(|ago| since_bucket.saturating_add(Nanos(ago * width.0)));
        began.zip(counted).filter(|(_, totals)| *totals != Totals::default()).collect()
    }

    /// Puts calls before those of this process, which has not counted any: so they are counted down from zero.
    fn restore(&mut self, saved: &Buckets, age: Nanos, since_bucket: Nanos) {
        let mut buckets = vec![Totals::default(); self.totals.len()];
        for &(began, totals) in saved {
            let ago = buckets_ago(began.saturating_add(age), since_bucket, self.time());
            if let Some(bucket) = usize::try_from(ago).ok().and_then(|ago| buckets.get_mut(ago)) {
                *bucket = bucket.and(totals);
            }
        }
        let mut edge = Totals::default();
        for (ago, bucket) in (0..).zip(buckets) {
            edge = edge.since(bucket);
            let place = self.place(ago);
            self.totals[place] = edge;
        }
    }

    /// The time of a bucket.
    const fn time(&self) -> Nanos {
        Nanos(self.width * STEP.0)
    }
}
