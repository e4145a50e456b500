//! How a bucket is changed while calls come: shut and opened, drained, and set to another rate.

use super::quota::{Quota, floor, interval};
use super::{Bucket, CHANGING};
use crate::state::rate::Rate;
use crate::sync::Ordering;
use crate::time::Nanos;

impl Bucket {
    /// Lets no call pass before `until`. Then one passes, and the others follow at the rate. A shorter time changes nothing. Returns
    /// whether it changed something.
    pub(crate) fn shut(&self, until: Nanos) -> bool {
        let _unchanged = self.by_hand.lock();
        self.shut_until.fetch_max(until.0, Ordering::Relaxed) < until.0
    }

    pub(crate) fn is_shut(&self, now: Nanos) -> bool {
        self.shut_until.load(Ordering::Relaxed) > now.0
    }

    /// Makes it as if it had not been shut, if it is. Returns whether it was.
    pub(crate) fn open(&self, now: Nanos) -> bool {
        let _unchanged = self.by_hand.lock();
        let is_shut = self.is_shut(now);
        if is_shut {
            self.shut_until.store(0, Ordering::Relaxed);
        }
        is_shut
    }

    /// Takes all that is in the bucket. Returns how many whole calls that was; the next passes one interval later.
    pub(crate) fn drain(&self, now: Nanos) -> u32 {
        let _unchanged = self.by_hand.lock();
        let interval = self.interval.load(Ordering::Relaxed);
        let arrival = self.move_on(now.0.saturating_add(self.quota().capacity(interval)));
        self.available(arrival, interval, now)
    }

    /// Moves the word to `arrival` at least. Where it is beyond already it moves by one, so that the last turn is not given back: the
    /// word would then be before `arrival`. Returns what it was.
    fn move_on(&self, arrival: u64) -> u64 {
        let moved = |was: u64| Some(if was > arrival { was.saturating_add(1) } else { arrival });
        let (Ok(was) | Err(was)) = self.arrival.fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved);
        was
    }

    /// Sets the rate, the burst, or both. What was taken stays taken, counted in calls. It is by hand, unless all keys are set, and this
    /// one then is as their `model` is.
    pub(crate) fn set(
        &self,
        now: Nanos,
        model: Option<&Self>,
        change: impl FnOnce(Rate, u32) -> (Rate, u32),
    ) -> (Rate, u32) {
        let mut by_hand = self.by_hand.lock();
        let (quota, (rate, burst)) = {
            let (rate, burst) = self.settings();
            (self.quota(), change(rate, burst))
        };
        let changed = Quota::new(rate.calls(), burst);
        let old = self.interval.load(Ordering::Relaxed);
        // Where no call passes, time fills the bucket as before.
        let new = interval(rate).unwrap_or(old);
        let until = self.shut_until.load(Ordering::Relaxed);
        let (mut was, mut is) = (floor(until, quota.full(old), old), floor(until, changed.full(new), new));
        if until > 0 && until <= now.0 {
            // It is over: what it took is taken, as by calls.
            self.arrival.fetch_max(was, Ordering::Relaxed);
            self.shut_until.store(0, Ordering::Relaxed);
            (was, is) = (0, 0);
        }
        if new != old || is != was {
            self.interval.store(CHANGING, Ordering::Relaxed);
            let convert = |arrival| {
                // Who has a turn after the end stays so many calls behind it.
                let (from, to) = if arrival > was { (now.0.max(was), now.0.max(is)) } else { (now.0, now.0) };
                Some(converted(arrival, (from, old), (to, new)))
            };
            // Release pairs with Acquire in `take`.
            self.arrival.fetch_update(Ordering::Release, Ordering::Relaxed, convert).ok();
        }
        self.period.store(Nanos::of(rate.period()).0, Ordering::Relaxed);
        self.quota.store(changed.0, Ordering::Relaxed);
        // Release pairs with Acquire in `interval`: a thread that sees it sees all of the change.
        self.interval.store(new, Ordering::Release);
        // What the model is now, not what it was set to: of two who set all at once, the last to come here sees what both have set.
        *by_hand = model.is_none_or(|model| model.settings() != (rate, burst));
        (rate, burst)
    }
}

/// The arrival time once a call takes another interval, and what was taken is counted from `to` and not from `from`. It always differs,
/// but in the first nanosecond.
fn converted(arrival: u64, (from, old): (u64, u64), (to, new): (u64, u64)) -> u64 {
    let taken = u128::from(arrival.saturating_sub(from)) * u128::from(new);
    let taken = u64::try_from(taken.div_ceil(u128::from(old))).unwrap_or(u64::MAX);
    match to.saturating_add(taken) {
        converted if converted != arrival => converted,
        full if taken == 0 => full.saturating_sub(1),
        converted => converted.saturating_add(1),
    }
}
