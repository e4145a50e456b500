//! How often all calls together may send a request again.

use std::fmt;
use std::ptr;

use crate::cached_arc::{CachedArc, cached};
use crate::error::ConfigError;
#[cfg(feature = "serde")]
use crate::state::budget::Saved;
use crate::state::budget::Tokens;
use crate::state::counts::share;
use crate::state::criticality::Criticality;
use crate::state::keys::{Retain, Retention};
use crate::time::Clock;
#[cfg(feature = "serde")]
use crate::time::Nanos;

/// Bounds how many retries or hedges all calls together may make.
///
/// A budget holds tokens and starts full. Each call that begins deposits a fraction of a token, time deposits more, and each
/// retry or hedge takes a whole token. So they are at most a share of the calls, and a service that is down does not see its load
/// multiplied. The form is Finagle's `RetryBudget`. Clones share their tokens: give clones to several layers, and the layers
/// share one budget.
///
/// Retries and hedges of calls that matter less stop first: a [`SheddablePlus`](Criticality::SheddablePlus) call takes a token only while more
/// than a quarter of the capacity is left, and a [`Sheddable`](Criticality::Sheddable) call while more than half is.
///
/// # Examples
///
/// ```
/// use palisade::{Budget, RetryLayer};
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let budget = Budget::builder().capacity(10).ratio(0.1).per_second(0.0).build()?;
/// let reads = RetryLayer::builder("reads").budget(budget.clone()).build()?;
/// let writes = RetryLayer::builder("writes").budget(budget.clone()).build()?;
/// assert_eq!(budget.available(), 10);
/// # drop((reads, writes));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Budget {
    core: CachedArc<Core>,
}

#[derive(Debug)]
struct Core {
    tokens: Tokens,
    clock: Clock,
    is_of_key: bool,
}

cached!(Core, unless is_of_key);

impl Budget {
    /// Starts to build a budget.
    pub const fn builder() -> BudgetBuilder {
        BudgetBuilder { capacity: 100, ratio: 0.2, per_second: 10.0 }
    }

    /// Returns how many whole tokens it holds now.
    pub fn available(&self) -> u64 {
        self.core.tokens.available(self.core.clock.now())
    }

    /// A signal for a [`Mode`](crate::Mode): the share of its tokens that is used up.
    pub fn signal(&self) -> impl Fn() -> f64 + Send + Sync + use<> {
        let budget = self.clone();
        move || {
            let capacity = u64::from(budget.core.tokens.settings().0);
            share(capacity.saturating_sub(budget.available()), capacity)
        }
    }

    /// What of it is kept over a restart.
    #[cfg(feature = "serde")]
    pub(crate) fn saved(&self) -> Saved {
        self.core.tokens.saved(self.core.clock.now())
    }

    /// Goes on from what was saved this long ago. Returns whether no call came before.
    #[cfg(feature = "serde")]
    pub(crate) fn restore(&self, saved: Saved, age: Nanos) -> bool {
        self.core.tokens.restore(saved, age, self.core.clock.now())
    }

    /// Where its tokens are, which are those of its clones.
    pub(crate) fn address(&self) -> usize {
        ptr::from_ref::<Core>(&self.core).addr()
    }

    /// Makes a full one with the same settings for a key, by the clock of the map that keeps it.
    pub(crate) fn of_key(&self, clock: Clock) -> Self {
        Self { core: CachedArc::new(Core { tokens: self.core.tokens.fork(), clock, is_of_key: true }) }
    }

    /// Deposits the share of a token that a call brings as it begins.
    #[inline(always)]
    pub(crate) fn deposit(&self) {
        self.core.tokens.deposit();
    }

    /// Takes a token for one retry of a call of this class; `None` when the budget is spent, or the rest is for higher classes.
    pub(crate) fn withdraw(&self, class: Criticality) -> Option<Token> {
        let withdrawn = self.core.tokens.withdraw_as(class, self.core.clock.now());
        withdrawn.then(|| Token { budget: Some(self.clone()) })
    }
}

/// Its settings.
impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (capacity, ratio, per_second) = self.core.tokens.settings();
        BudgetBuilder { capacity, ratio, per_second }.fmt(f)
    }
}

impl Retain for Budget {
    type Own = Self;

    fn for_call(&self) -> Self {
        self.clone()
    }

    fn retention(&self) -> Retention {
        if self.core.is_alone() { self.core.tokens.retention() } else { Retention::Used }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::builder().assemble()
    }
}

/// A token that was withdrawn. Dropped unspent, it goes back to its budget.
///
/// The default is the token of a retry that is under no budget.
#[derive(Debug, Default)]
pub(crate) struct Token {
    /// `None` once it is spent.
    budget: Option<Budget>,
}

impl Token {
    /// Spends the token: the retry was sent.
    pub(crate) fn spend(mut self) {
        self.budget = None;
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.core.tokens.give_back();
        }
    }
}

/// Builds a [`Budget`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct BudgetBuilder {
    capacity: u32,
    ratio: f64,
    per_second: f64,
}

impl BudgetBuilder {
    /// Holds at most this many tokens, and starts with as many.
    ///
    /// At least 1. A burst of failures may make this many retries. Defaults to 100.
    pub const fn capacity(self, tokens: u32) -> Self {
        Self { capacity: tokens, ..self }
    }

    /// Gains this share of a token as each call begins.
    ///
    /// 0 to 1,000, rounded to the nearest millionth. Set it to the share of retries that the service is sized for. Defaults to
    /// 0.2.
    #[doc(alias = "retry_percent")]
    pub const fn ratio(self, tokens: f64) -> Self {
        Self { ratio: tokens, ..self }
    }

    /// Gains this many tokens each second, evenly.
    ///
    /// 0 to 1,000,000, rounded to the nearest millionth. It lets a client with few calls retry at all. Defaults to 10.
    #[doc(alias = "min_retries_per_second")]
    pub const fn per_second(self, tokens: f64) -> Self {
        Self { per_second: tokens, ..self }
    }

    /// Builds the budget, full.
    ///
    /// # Errors
    ///
    /// When a setting is not legal. The error names the setting, its value, and what would be legal.
    pub fn build(self) -> Result<Budget, ConfigError> {
        self.check().map_err(|error| error.of("budget"))?;
        Ok(self.assemble())
    }

    fn check(&self) -> Result<(), ConfigError> {
        let Self { capacity, ratio, per_second } = *self;
        ConfigError::unless(capacity >= 1, "capacity", capacity, "at least 1")?;
        ConfigError::unless((0.0..=1e3).contains(&ratio), "ratio", ratio, "0 to 1,000")?;
        ConfigError::unless((0.0..=1e6).contains(&per_second), "per_second", per_second, "0 to 1,000,000")
    }

    fn assemble(self) -> Budget {
        let tokens = Tokens::new(self.capacity, self.ratio, self.per_second);
        Budget { core: CachedArc::new(Core { tokens, clock: Clock::start(), is_of_key: false }) }
    }
}

impl fmt::Display for BudgetBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tokens + {} a call + {} a second", self.capacity, self.ratio, self.per_second)
    }
}
