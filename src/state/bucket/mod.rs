//! The bucket of a rate limit: the generic cell rate algorithm of ITU-T I.371 on one word.
//!
//! The word is the *theoretical arrival time*: when the bucket would be full if no further call came. Each call moves it on by an
//! interval, and passes if it is then at most `burst` intervals ahead of the time. A call that waits for its turn moves it further.
//! Nothing fills the bucket: time does. Beside it stands until when the bucket is shut: that is a *floor*, which the word counts as at
//! least, so that nothing of the word is lost if the bucket is opened early.
//!
//! Exact under every interleaving, also while the rate changes: a change first makes the interval zero, then converts the word, which
//! always changes it. So a call that goes by the old interval and comes after the change loses the race for the word, and one that finds no interval
//! waits for the change. Approximate: an interval is rounded up to a nanosecond, so at a rate of `n` calls a second up to `n`
//! billionths of the calls are lost. A bucket holds no more than it gains in 292 years, and no interval is longer.

mod quota;
#[cfg(any(feature = "serde", test))]
mod saved;
mod set;
mod view;

use self::quota::{LONGEST, Quota, floor, interval};
#[cfg(any(feature = "serde", test))]
pub(crate) use self::saved::Saved;
pub(crate) use self::view::View;
use crate::error::RejectionReason;
use crate::state::keys::Retention;
use crate::state::rate::Rate;
use crate::state::stripes::Stripes;
use crate::sync::{AtomicU32, AtomicU64, Mutex, Ordering};
use crate::time::Nanos;

/// The word of a [`Tally`](crate::state::tally::Tally) that counts calls that passed. Before it stand those of the reasons to reject.
pub(crate) const ADMITTED: usize = RejectionReason::ALL.len();

/// The word that counts how often a bucket was shut.
pub(crate) const SHUT: usize = ADMITTED + 1;

/// The interval while it is changed.
const CHANGING: u64 = 0;

#[derive(Debug)]
pub(crate) struct Bucket {
    arrival: AtomicU64,
    shut_until: AtomicU64,
    /// The time that a call takes, in nanoseconds.
    interval: AtomicU64,
    period: AtomicU64,
    quota: AtomicU64,
    waiting: AtomicU32,
    /// Whether the bucket of a key was set by hand. Its lock is held by all who change the interval, or need it not to change.
    by_hand: Mutex<bool>,
    rejected: Rejected,
}

/// One for each key: with the clock that it goes by, it must not outgrow what a map pays for a key.
#[cfg(not(all(loom, test)))]
const _: () = assert!(size_of::<Bucket>() <= 64);

/// How many calls were rejected. Threads that are rejected must not fight for the word, but a key has no room for more.
#[derive(Debug)]
enum Rejected {
    ByAll(Box<Stripes>),
    OfKey(AtomicU64),
}

/// What a call took: it may be made at `due`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) due: Nanos,
    /// The arrival time before it and after it.
    from: u64,
    to: u64,
    interval: u64,
}

impl Bucket {
    /// Starts full. The settings were checked.
    pub(crate) fn new(rate: Rate, burst: u32) -> Self {
        Self::made(rate, burst, Rejected::ByAll(Box::new(Stripes::new(1))))
    }

    /// Makes a full one with the settings that this one has now, for a key.
    pub(crate) fn fork(&self) -> Self {
        let (rate, burst) = self.settings();
        Self::made(rate, burst, Rejected::OfKey(AtomicU64::new(0)))
    }

    fn made(rate: Rate, burst: u32, rejected: Rejected) -> Self {
        Self {
            arrival: AtomicU64::new(0),
            shut_until: AtomicU64::new(0),
            interval: AtomicU64::new(interval(rate).unwrap_or(LONGEST)),
            period: AtomicU64::new(Nanos::of(rate.period()).0),
            quota: AtomicU64::new(Quota::new(rate.calls(), burst).0),
            waiting: AtomicU32::new(0),
            by_hand: Mutex::new(false),
            rejected,
        }
    }

    /// Takes `calls` calls, to be made now or at `latest`. Otherwise it takes nothing, and says in what time it would let them pass at
    /// once; `None` where it never would. No calls pass at any time.
    #[inline(always)]
    pub(crate) fn take(&self, calls: u32, now: Nanos, latest: Nanos) -> Result<Turn, Option<Nanos>> {
        if calls == 0 {
            return Ok(Turn { due: now, from: 0, to: 0, interval: 0 });
        }
        // Acquire pairs with Release in `set`: a thread that sees the word of a new interval does not see the old interval.
        let mut arrival = self.arrival.load(Ordering::Acquire);
        loop {
            let interval = self.interval();
            let (capacity, cost) = (self.quota().capacity(interval), u64::from(calls).saturating_mul(interval));
            let room = capacity.checked_sub(cost).ok_or(None)?;
            let taken = arrival.max(self.floor(capacity, interval));
            let due = Nanos(taken.saturating_sub(room)).max(now);
            if due > latest.max(now) {
                // The word may be older than the interval.
                match self.arrival.load(Ordering::Acquire) {
                    seen if seen == arrival => return Err(Some(due.saturating_sub(now))),
                    seen => arrival = seen,
                }
                continue;
            }
            let to = taken.max(now.0).checked_add(cost).ok_or(None)?;
            match self.arrival.compare_exchange_weak(arrival, to, Ordering::Relaxed, Ordering::Acquire) {
                Ok(_) => return Ok(Turn { due, from: arrival, to, interval }),
                Err(seen) => arrival = seen,
            }
        }
    }

    /// What the word counts as at least once the bucket was shut: one call passes at the end, and then the rate.
    #[inline(always)]
    fn floor(&self, full: u64, interval: u64) -> u64 {
        floor(self.shut_until.load(Ordering::Relaxed), full, interval)
    }

    /// Gives a turn back, unless another was taken after it: that one keeps its moment, so this one is lost. So is one that was taken
    /// at another rate: the word may be what it set, and mean other turns.
    pub(crate) fn give_back(&self, turn: Turn) {
        let _unchanged = self.by_hand.lock();
        if turn.interval == self.interval.load(Ordering::Relaxed) {
            self.arrival.compare_exchange(turn.to, turn.from, Ordering::Relaxed, Ordering::Relaxed).ok();
        }
    }

    /// Counts a call that waits from now on, or no more.
    pub(crate) fn count_waiting(&self, waits: bool) {
        if waits {
            self.waiting.fetch_add(1, Ordering::Relaxed);
        } else {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Counts a call that was rejected.
    #[inline(always)]
    pub(crate) fn count_rejected(&self) {
        match &self.rejected {
            Rejected::ByAll(stripes) => stripes.mine().count(0),
            Rejected::OfKey(word) => {
                word.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// How long the bucket of a key is kept: until it is full, as a new one is. What was set by hand stays.
    pub(crate) fn retention(&self) -> Retention {
        if *self.by_hand.lock() {
            return Retention::Until(Nanos::MAX);
        }
        let interval = self.interval();
        let floor = self.floor(self.quota().full(interval), interval);
        Retention::Until(Nanos(self.arrival.load(Ordering::Relaxed).max(floor)))
    }

    fn settings(&self) -> (Rate, u32) {
        let quota = self.quota();
        let period = Nanos(self.period.load(Ordering::Relaxed));
        (Rate::per(period.into(), quota.calls()), quota.burst())
    }

    #[inline(always)]
    fn quota(&self) -> Quota {
        Quota(self.quota.load(Ordering::Relaxed))
    }

    /// The interval, after a change where there is one.
    #[inline(always)]
    fn interval(&self) -> u64 {
        // Acquire pairs with Release in `set`.
        match self.interval.load(Ordering::Acquire) {
            CHANGING => self.interval_after_change(),
            interval => interval,
        }
    }

    #[cold]
    #[inline(never)]
    fn interval_after_change(&self) -> u64 {
        let _unchanged = self.by_hand.lock();
        self.interval.load(Ordering::Relaxed)
    }
}
