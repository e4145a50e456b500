//! How a bucket looks.

use super::{Bucket, Rejected};
use crate::state::rate::Rate;
use crate::sync::Ordering;
use crate::time::Nanos;

/// The state of a bucket at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub(crate) rate: Rate,
    pub(crate) burst: u32,
    /// Whole calls that may pass at once.
    pub(crate) available: u32,
    /// When there will be one more; `None` where it is full, or never will.
    pub(crate) next: Option<Nanos>,
    pub(crate) waiting: u32,
    pub(crate) rejected: u64,
}

impl Bucket {
    pub(crate) fn view(&self, now: Nanos) -> View {
        let (rate, burst) = self.settings();
        let (arrival, interval) = (self.arrival.load(Ordering::Relaxed), self.interval());
        let available = self.available(arrival, interval, now);
        let (capacity, cost) = (self.quota().capacity(interval), (u64::from(available) + 1).saturating_mul(interval));
        let arrival = arrival.max(self.floor(capacity, interval));
        let next = capacity.checked_sub(cost).map(|room| Nanos(arrival.saturating_sub(room)).max(now));
        let waiting = self.waiting.load(Ordering::Relaxed);
        let rejected = match &self.rejected {
            Rejected::ByAll(stripes) => stripes.total(0),
            Rejected::OfKey(word) => word.load(Ordering::Relaxed),
        };
        View { rate, burst, available, next, waiting, rejected }
    }

    /// The whole calls that may pass at once.
    pub(super) fn available(&self, arrival: u64, interval: u64, now: Nanos) -> u32 {
        if self.shut_until.load(Ordering::Relaxed) > now.0 {
            return 0;
        }
        let capacity = self.quota().capacity(interval);
        let taken = arrival.max(self.floor(capacity, interval)).saturating_sub(now.0);
        u32::try_from(capacity.saturating_sub(taken) / interval).unwrap_or(u32::MAX)
    }
}
