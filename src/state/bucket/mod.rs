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

use super::keys::Retention;
use super::rate::Rate;
use super::stripes::Stripes;
use crate::error::RejectionReason;
use crate::sync::{AtomicU32, AtomicU64, Mutex, Ordering};
use crate::time::Nanos;

/// The word of a [`Tally`](super::tally::Tally) that counts calls that passed. Before it stand those of the reasons to reject.
pub(crate) const ADMITTED: usize = RejectionReason::ALL.len();

/// The word that counts how often a bucket was shut.
pub(crate) const SHUT: usize = ADMITTED + 1;

/// The most time that a bucket holds. Added to a time of less than 292 years, it then fits.
const LONGEST: u64 = 1 << 63;

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

/// What may be set, beside the period.
///
/// | bits | name | meaning |
/// |---|---|---|
/// | 32..64 | calls | those of a period; 0 lets no call pass, however full the bucket is |
/// | 0..32 | burst | the most calls in the bucket |
#[derive(Clone, Copy, Debug)]
struct Quota(u64);

impl Quota {
    const fn new(calls: u32, burst: u32) -> Self {
        Self((calls as u64) << 32 | burst as u64)
    }

    const fn calls(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is the lower half")]
    const fn burst(self) -> u32 {
        self.0 as u32
    }

    /// The time that a full bucket holds.
    #[inline(always)]
    fn full(self, interval: u64) -> u64 {
        u64::from(self.burst()).saturating_mul(interval).min(LONGEST)
    }

    /// The time that calls which pass at once may take together.
    #[inline(always)]
    fn capacity(self, interval: u64) -> u64 {
        if self.calls() == 0 { 0 } else { self.full(interval) }
    }
}

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
        // Acquire pairs with Release in `set`: whoever sees the word of a new interval does not see the old interval.
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

    /// Lets no call pass before `until`. Then one passes, and the others follow at the rate. A shorter time changes nothing. Returns
    /// whether it changed something.
    pub(crate) fn shut(&self, until: Nanos) -> bool {
        let _unchanged = self.by_hand.lock();
        self.shut_until.fetch_max(until.0, Ordering::Relaxed) < until.0
    }

    /// Makes it as if it had not been shut, if it is. Returns whether it was.
    pub(crate) fn open(&self, now: Nanos) -> bool {
        let _unchanged = self.by_hand.lock();
        let is_shut = self.shut_until.load(Ordering::Relaxed) > now.0;
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
        // Release pairs with Acquire in `interval`: whoever sees it sees all of the change.
        self.interval.store(new, Ordering::Release);
        // What the model is now, not what it was set to: of two who set all at once, the last to come here sees what both have set.
        *by_hand = model.is_none_or(|model| model.settings() != (rate, burst));
        (rate, burst)
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
    fn available(&self, arrival: u64, interval: u64, now: Nanos) -> u32 {
        if self.shut_until.load(Ordering::Relaxed) > now.0 {
            return 0;
        }
        let capacity = self.quota().capacity(interval);
        let taken = arrival.max(self.floor(capacity, interval)).saturating_sub(now.0);
        u32::try_from(capacity.saturating_sub(taken) / interval).unwrap_or(u32::MAX)
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

#[inline(always)]
const fn floor(shut_until: u64, full: u64, interval: u64) -> u64 {
    match shut_until {
        0 => 0,
        until => until.saturating_add(full.saturating_sub(interval)),
    }
}

/// The time from one call to the next; `None` for a rate of no calls.
fn interval(rate: Rate) -> Option<u64> {
    rate.interval().map(|interval| interval.clamp(1, LONGEST))
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
