//! The tokens that retries spend. Calls and time deposit them.
//!
//! Tokens are counted in millionths, so that sums of a ratio given in decimals are exact. A deposit is one count in a
//! stripe; counts and time are gathered when a retry withdraws. In between there are only deposits, so clamping
//! their sum to the capacity once gives the same as clamping each.
//!
//! Exact, except that a ratio is rounded to the nearest millionth: bounded by
//! `a_ratio_finer_than_a_millionth_is_rounded_to_one`.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "values were checked to be small"
)]

use crate::state::criticality::Criticality;
use crate::state::keys::Retention;
use crate::state::stripes::Stripes;
use crate::sync::Mutex;
use crate::time::Nanos;

/// Millionths in a token.
const TOKEN: u64 = 1_000_000;
const NANOS_PER_SECOND: u64 = 1_000_000_000;
const CALLS: usize = 0;

#[derive(Debug)]
pub(crate) struct Tokens {
    capacity: u64,
    per_call: u64,
    per_second: u64,
    calls: Stripes,
    account: Mutex<Account>,
}

#[derive(Debug)]
struct Account {
    balance: u64,
    /// The calls whose deposits are in the balance.
    gathered: u64,
    /// The time up to which time's deposits are in the balance.
    at: Nanos,
    /// What was left over when those were divided, in billionths of a millionth.
    rest: u128,
}

impl Tokens {
    /// Starts full. `per_call` and `per_second` are in tokens.
    pub(crate) fn new(capacity: u32, per_call: f64, per_second: f64) -> Self {
        Self::full(u64::from(capacity) * TOKEN, millionths(per_call), millionths(per_second))
    }

    /// Makes full ones with the same settings.
    pub(crate) fn fork(&self) -> Self {
        Self::full(self.capacity, self.per_call, self.per_second)
    }

    /// The capacity, and what a call and a second deposit, in tokens.
    pub(crate) fn settings(&self) -> (u32, f64, f64) {
        let tokens = |millionths| millionths as f64 / TOKEN as f64;
        ((self.capacity / TOKEN) as u32, tokens(self.per_call), tokens(self.per_second))
    }

    fn full(capacity: u64, per_call: u64, per_second: u64) -> Self {
        let account = Account { balance: capacity, gathered: 0, at: Nanos(0), rest: 0 };
        Self { capacity, per_call, per_second, calls: Stripes::new(1), account: Mutex::new(account) }
    }

    /// Deposits for a call that begins.
    #[inline(always)]
    pub(crate) fn deposit(&self) {
        self.calls.mine().count(CALLS);
    }

    /// Takes a token for a call of this class, if there is a whole one, and more is left than what is kept for higher classes.
    pub(crate) fn withdraw_as(&self, class: Criticality, now: Nanos) -> bool {
        let kept = match class {
            Criticality::CriticalPlus | Criticality::Critical => 0,
            Criticality::SheddablePlus => self.capacity / 4,
            Criticality::Sheddable => self.capacity / 2,
        };
        let mut account = self.account.lock();
        self.gather(&mut account, now);
        let rest = account.balance.checked_sub(TOKEN).filter(|_| account.balance > kept);
        account.balance = rest.unwrap_or(account.balance);
        rest.is_some()
    }

    /// Puts back a token that was not spent.
    pub(crate) fn give_back(&self) {
        // Clamped when it is gathered.
        self.account.lock().balance += TOKEN;
    }

    /// The whole tokens there are.
    pub(crate) fn available(&self, now: Nanos) -> u64 {
        let mut account = self.account.lock();
        self.gather(&mut account, now);
        account.balance / TOKEN
    }

    /// How long the tokens of a key are kept: until all are there again, because a new key has all.
    pub(crate) fn retention(&self) -> Retention {
        let account = self.account.lock();
        let missing = u128::from(self.capacity).saturating_sub(self.with_calls(&account, self.calls.total(CALLS)));
        if missing == 0 {
            return Retention::Free;
        }
        let wanted = missing * u128::from(NANOS_PER_SECOND) - account.rest;
        let wait = if self.per_second == 0 { u128::MAX } else { wanted.div_ceil(u128::from(self.per_second)) };
        Retention::Until(account.at.saturating_add(Nanos(u64::try_from(wait).unwrap_or(u64::MAX))))
    }

    /// The balance once the deposits of this many calls are in it, which may be more than the capacity.
    fn with_calls(&self, account: &Account, calls: u64) -> u128 {
        let deposits = u128::from(calls.wrapping_sub(account.gathered)) * u128::from(self.per_call);
        u128::from(account.balance) + deposits
    }

    fn gather(&self, account: &mut Account, now: Nanos) {
        let calls = self.calls.total(CALLS);
        let passed = u128::from(now.saturating_sub(account.at).0);
        let (by_time, rest) = seconds(passed * u128::from(self.per_second) + account.rest);
        let balance = self.with_calls(account, calls) + by_time;
        let is_full = balance >= u128::from(self.capacity);
        *account = Account {
            balance: balance.min(u128::from(self.capacity)) as u64,
            gathered: calls,
            at: account.at.max(now),
            rest: if is_full { 0 } else { rest },
        };
    }
}

/// What of the tokens is kept when their process ends.
#[cfg(any(feature = "serde", test))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Saved {
    /// In millionths.
    balance: u64,
    /// In billionths of a millionth.
    rest: u64,
}

#[cfg(any(feature = "serde", test))]
impl Tokens {
    pub(crate) fn saved(&self, now: Nanos) -> Saved {
        let mut account = self.account.lock();
        self.gather(&mut account, now);
        Saved { balance: account.balance, rest: account.rest as u64 }
    }

    /// Goes on from what was saved this long ago, with what time has deposited since. Returns whether no call came before: otherwise
    /// nothing changes.
    pub(crate) fn restore(&self, saved: Saved, age: Nanos, now: Nanos) -> bool {
        let mut account = self.account.lock();
        let is_unused = self.calls.total(CALLS) == 0;
        if is_unused {
            let rest = u128::from(saved.rest.min(NANOS_PER_SECOND - 1));
            let (by_time, rest) = seconds(u128::from(age.0) * u128::from(self.per_second) + rest);
            let balance = (u128::from(saved.balance) + by_time).min(u128::from(self.capacity));
            let is_full = balance == u128::from(self.capacity);
            let rest = if is_full { 0 } else { rest };
            *account = Account { balance: balance as u64, gathered: 0, at: now, rest };
        }
        is_unused
    }
}

/// Divides by the nanoseconds in a second. Most numbers fit into a word, which the processor divides by itself.
fn seconds(nanos: u128) -> (u128, u128) {
    match u64::try_from(nanos) {
        Ok(nanos) => (u128::from(nanos / NANOS_PER_SECOND), u128::from(nanos % NANOS_PER_SECOND)),
        Err(_) => (nanos / u128::from(NANOS_PER_SECOND), nanos % u128::from(NANOS_PER_SECOND)),
    }
}

fn millionths(tokens: f64) -> u64 {
    (tokens * TOKEN as f64).round() as u64
}
